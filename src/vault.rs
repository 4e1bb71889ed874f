//! Route references: 128 random bits that stand for a destination after its spans were exported.
//!
//! Owns the destinations (keys included) for a bounded time, so that an evaluation hours later reaches the
//! tenant of its span although the lane has closed. A reference may come back from a browser: it is
//! unguessable and says nothing.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::settings::{VAULT_AGE_MAX, VAULT_ENTRIES_MAX};
use crate::tenant::Destination;

/// A reference's bits.
type Bits = [u8; 16];

/// The bounded store of exported destinations.
#[derive(Debug, Default)]
pub struct Vault {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    known: HashMap<Bits, (Destination, Instant)>,
    bits_of: HashMap<Destination, Bits>,
    expiring: BTreeSet<(Instant, Bits)>,
}

impl Vault {
    /// The reference of a destination, good from `now` on for [`VAULT_AGE_MAX`]. The same destination keeps its
    /// reference. None when the system gives no random bits: a guessable reference is worse than none.
    #[must_use]
    pub fn export(&self, destination: &Destination, now: Instant) -> Option<String> {
        let mut entries = self.entries();
        entries.expire(now);
        let known = entries.bits_of.get(destination).copied();
        let bits = match known {
            Some(bits) => bits,
            None => random_bits()?,
        };
        entries.remove(&bits);
        if entries.known.len() >= VAULT_ENTRIES_MAX
            && let Some((_, oldest)) = entries.expiring.first().copied()
        {
            entries.remove(&oldest);
        }
        entries.insert(bits, destination.clone(), now + VAULT_AGE_MAX);
        Some(hex(&bits))
    }

    /// The destination behind a reference; none when it is unknown, expired or not a reference.
    #[must_use]
    pub fn import(&self, reference: &str, now: Instant) -> Option<Destination> {
        let bits = parse(reference)?;
        let mut entries = self.entries();
        entries.expire(now);
        entries
            .known
            .get(&bits)
            .map(|(destination, _)| destination.clone())
    }

    /// References of `old` mean `new` from now on: the tenant's key was rotated.
    pub fn rotate(&self, old: &Destination, new: &Destination) {
        let mut entries = self.entries();
        if let Some(bits) = entries.bits_of.remove(old) {
            if let Some((destination, _)) = entries.known.get_mut(&bits) {
                destination.clone_from(new);
            }
            entries.bits_of.entry(new.clone()).or_insert(bits);
        }
    }

    /// Lets go of what has expired.
    pub fn sweep(&self, now: Instant) {
        self.entries().expire(now);
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn insert(&mut self, bits: Bits, destination: Destination, expires_at: Instant) {
        self.expiring.insert((expires_at, bits));
        self.bits_of.insert(destination.clone(), bits);
        self.known.insert(bits, (destination, expires_at));
    }

    fn remove(&mut self, bits: &Bits) {
        if let Some((destination, expires_at)) = self.known.remove(bits) {
            // After a rotation two references may mean one destination; only one is exported again.
            if self.bits_of.get(&destination) == Some(bits) {
                self.bits_of.remove(&destination);
            }
            self.expiring.remove(&(expires_at, *bits));
        }
    }

    fn expire(&mut self, now: Instant) {
        while let Some((expires_at, bits)) = self.expiring.first().copied()
            && expires_at <= now
        {
            self.remove(&bits);
        }
    }
}

fn random_bits() -> Option<Bits> {
    let mut bits = Bits::default();
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut bits)
        .ok()?;
    Some(bits)
}

pub(crate) fn hex(bits: &[u8]) -> String {
    bits.iter()
        .fold(String::with_capacity(32), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn parse(reference: &str) -> Option<Bits> {
    let digits = reference.as_bytes();
    if digits.len() != 32 {
        return None;
    }
    let mut bits = Bits::default();
    for (byte, pair) in bits.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let digit = |of: &u8| {
            char::from(*of)
                .to_digit(16)
                .and_then(|value| u8::try_from(value).ok())
        };
        *byte = (digit(high)? << 4) | digit(low)?;
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::tenant::DestinationText;

    fn destination(key: &str) -> Destination {
        Destination::parse(DestinationText::new(key, "datadoghq.eu"), &[]).unwrap()
    }

    #[test]
    fn a_reference_finds_its_destination_until_a_day_after_the_last_export() {
        let (vault, start) = (Vault::default(), Instant::now());
        let acme = destination("acme");
        let reference = vault.export(&acme, start).unwrap();
        assert_eq!(reference.len(), 32);
        assert_eq!(vault.import(&reference, start), Some(acme.clone()));
        let later = start + Duration::from_secs(3_600);
        assert_eq!(vault.export(&acme, later).unwrap(), reference);
        let last_moment = later + VAULT_AGE_MAX - Duration::from_nanos(1);
        assert_eq!(vault.import(&reference, last_moment), Some(acme));
        assert_eq!(vault.import(&reference, later + VAULT_AGE_MAX), None);
    }

    #[test]
    fn two_destinations_have_two_references_and_nonsense_has_none() {
        let (vault, now) = (Vault::default(), Instant::now());
        let (acme, globex) = (
            vault.export(&destination("acme"), now).unwrap(),
            vault.export(&destination("globex"), now).unwrap(),
        );
        assert_ne!(acme, globex);
        assert_eq!(vault.import(&globex, now), Some(destination("globex")));
        for nonsense in [
            "",
            "zz",
            &acme[1..],
            &format!("{acme}0"),
            &"é".repeat(16),
            &"g".repeat(32),
            &"0".repeat(32),
        ] {
            assert_eq!(vault.import(nonsense, now), None, "{nonsense}");
        }
    }

    #[test]
    fn a_full_vault_lets_go_of_what_expires_first() {
        let (vault, start) = (Vault::default(), Instant::now());
        let at = |index: usize| start + Duration::from_nanos(index as u64);
        let references: Vec<String> = (0..=VAULT_ENTRIES_MAX)
            .map(|index| {
                vault
                    .export(&destination(&format!("k{index}")), at(index))
                    .unwrap()
            })
            .collect();
        let now = at(VAULT_ENTRIES_MAX);
        assert_eq!(vault.import(&references[0], now), None);
        assert!(vault.import(&references[1], now).is_some());
        assert!(vault.import(&references[VAULT_ENTRIES_MAX], now).is_some());
        assert_eq!(vault.entries().known.len(), VAULT_ENTRIES_MAX);
    }
}
