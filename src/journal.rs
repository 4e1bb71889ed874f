//! What became of events, for the application to hear: a bounded list that JavaScript reads when it likes.
//!
//! Owns outcomes that nobody has read yet. Equal outcomes are added up, so a storm of failures costs one entry
//! per tenant and reason. Never holds a key or a payload, and never calls anybody.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use smol_str::SmolStr;

use crate::settings::JOURNAL_ENTRIES_MAX;
use crate::tenant::Site;

/// What happened to some events, or to their lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The intake accepted them.
    Delivered,
    /// The intake refused them.
    Rejected,
    /// They were dropped here.
    Dropped,
    /// An attempt failed and will be repeated.
    Retrying,
    /// The key was refused: the lane pauses and probes.
    Parked,
    /// A failing or parked lane delivers again.
    Recovered,
}

impl Outcome {
    /// The outcome's name on the diagnostics channel.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Rejected => "rejected",
            Self::Dropped => "dropped",
            Self::Retrying => "retrying",
            Self::Parked => "parked",
            Self::Recovered => "recovered",
        }
    }
}

/// An outcome as a lane reports it; the scheduler adds whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    /// What happened.
    pub outcome: Outcome,
    /// Why, in a word: a drop reason, a transport error, or empty.
    pub reason: &'static str,
    /// The HTTP status behind it, if there was an answer.
    pub status: Option<u16>,
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Label of the tenant.
    pub tenant: SmolStr,
    /// Site of the lane; none for events that had no route.
    pub site: Option<Site>,
    /// What happened and why.
    pub note: Note,
    /// Events it happened to.
    pub count: u64,
}

/// Whose outcome, and which.
type Subject = (SmolStr, Option<Site>, Note);

/// The bounded list of unread outcomes.
#[derive(Debug, Default)]
pub struct Journal {
    unread: Mutex<HashMap<Subject, u64>>,
}

impl Journal {
    /// Adds an outcome. Beyond the limit new kinds of outcome are left out; the counters have them all the same.
    pub fn write(&self, tenant: &SmolStr, site: Option<&Site>, note: Note, count: u64) {
        let mut unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        let room = unread.len() < JOURNAL_ENTRIES_MAX;
        match unread.entry((tenant.clone(), site.cloned(), note)) {
            Entry::Occupied(mut entry) => *entry.get_mut() += count,
            Entry::Vacant(entry) if room => drop(entry.insert(count)),
            Entry::Vacant(_) => {}
        }
    }

    /// Takes everything unread.
    #[must_use]
    pub fn read(&self) -> Vec<JournalEntry> {
        let unread =
            std::mem::take(&mut *self.unread.lock().unwrap_or_else(PoisonError::into_inner));
        unread
            .into_iter()
            .map(|((tenant, site, note), count)| JournalEntry {
                tenant,
                site,
                note,
                count,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: Note = Note {
        outcome: Outcome::Dropped,
        reason: "expired",
        status: None,
    };

    #[test]
    fn equal_outcomes_are_added_up_and_read_once() {
        let journal = Journal::default();
        let tenant = SmolStr::new("acme");
        journal.write(&tenant, None, NOTE, 2);
        journal.write(&tenant, None, NOTE, 3);
        journal.write(
            &tenant,
            None,
            Note {
                reason: "too_old",
                ..NOTE
            },
            1,
        );
        let mut read = journal.read();
        read.sort_by_key(|entry| entry.count);
        assert_eq!(
            read.iter()
                .map(|entry| (entry.note.reason, entry.count))
                .collect::<Vec<_>>(),
            [("too_old", 1), ("expired", 5)]
        );
        assert!(journal.read().is_empty());
    }

    #[test]
    fn an_unread_journal_stops_growing_at_its_limit() {
        let journal = Journal::default();
        for tenant in 0..JOURNAL_ENTRIES_MAX + 10 {
            journal.write(&tenant.to_string().into(), None, NOTE, 1);
        }
        journal.write(&"0".into(), None, NOTE, 4);
        let read = journal.read();
        assert_eq!(read.len(), JOURNAL_ENTRIES_MAX);
        assert!(
            read.iter()
                .any(|entry| &*entry.tenant == "0" && entry.count == 5)
        );
    }
}
