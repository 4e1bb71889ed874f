//! Finds or opens the lane of a destination, and closes lanes nobody needs.
//!
//! Owns the lanes and the tenants they belong to. A map guard is held for a look-up only: the `Arc` is cloned
//! out, nothing awaits or calls back under it. Each map is a set of pointers: what a lane or tenant is found by is
//! read inside it and kept nowhere else.

mod entries;

use std::collections::HashMap;
use std::hash::{Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use tokio::time::Instant;

pub use self::entries::ById;
use self::entries::{ByDestination, ByLabel};
use crate::flush::Tally;
use crate::lane::{Lane, LaneState, Tenant};
use crate::settings::{LANE_IDLE_MAX, LANES_IDLE_MAX, LANES_MAX};
use crate::stats::Counts;
use crate::tenant::{DEFAULT_LABEL, Destination, DestinationText, Destined, Label, Site};

/// Too many lanes are open.
#[derive(Debug, thiserror::Error)]
#[error("{LANES_MAX} routes are open, which is the limit; close contexts that are no longer used")]
pub struct RegistryFull;

/// References to a lane that the registry has: with no others, nobody can submit.
const OWN_REFERENCES: usize = 2;

/// All lanes of one core.
#[derive(Debug)]
pub struct Registry {
    lanes: DashMap<ByDestination, ()>,
    by_id: DashMap<ById, ()>,
    labelled: DashMap<ByLabel, ()>,
    /// The operator's own, each once. There are no more than the operator allows.
    other_sites: Mutex<Vec<Site>>,
    next_lane_id: AtomicU64,
    label_hasher: RandomState,
    closed: Mutex<(Counts, Tally)>,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

/// Lanes that may close, when nothing has come for them by then.
#[derive(Debug)]
pub struct Idle {
    /// By number, with how often each had been opened.
    lanes: HashMap<u64, u32>,
    /// How long they had to be idle.
    max: Duration,
}

impl Idle {
    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }
}

impl Registry {
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self {
            lanes: DashMap::new(),
            by_id: DashMap::new(),
            labelled: DashMap::new(),
            other_sites: Mutex::default(),
            next_lane_id: AtomicU64::new(1),
            label_hasher: RandomState::new(),
            closed: Mutex::default(),
        }
    }

    /// The lane of this destination, opened if need be.
    ///
    /// # Errors
    /// [`RegistryFull`] when it would be one lane too many.
    pub fn open(
        &self,
        mut destination: Destination,
        now: Instant,
    ) -> Result<Arc<Lane>, RegistryFull> {
        if let Some(known) = self.lanes.get(&destination as &dyn Destined) {
            return Ok(reopened(&known.key().0));
        }
        if self.lanes.len() >= LANES_MAX {
            return Err(RegistryFull);
        }
        let tenant = self.tenant_of(&destination);
        self.share_site(&mut destination.endpoint.site);
        let id = self.next_lane_id.fetch_add(1, Ordering::Relaxed);
        let state = LaneState::new(id, now);
        let lane = Arc::new(Lane::new(id, destination, tenant, state));
        match self.lanes.entry(ByDestination(Arc::clone(&lane))) {
            // Another thread opened it meanwhile.
            Entry::Occupied(known) => Ok(reopened(&known.key().0)),
            Entry::Vacant(entry) => {
                self.by_id.insert(ById(Arc::clone(&lane)), ());
                entry.insert(());
                Ok(lane)
            }
        }
    }

    /// The number of an open lane, found by what it would be opened with. Numbers are never used again.
    #[must_use]
    pub fn number_of(&self, destination: DestinationText<'_>) -> Option<u64> {
        let known = self.lanes.get(&destination as &dyn Destined)?;
        Some(known.key().0.id)
    }

    /// This lane, or all of them.
    #[must_use]
    pub fn lanes_or(&self, lane: Option<Arc<Lane>>) -> Vec<Arc<Lane>> {
        lane.map_or_else(|| self.lanes(), |lane| vec![lane])
    }

    /// Every open lane, without holding the map.
    #[must_use]
    pub fn lanes(&self) -> Vec<Arc<Lane>> {
        self.lanes
            .iter()
            .map(|entry| Arc::clone(&entry.key().0))
            .collect()
    }

    /// Events held by open lanes.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.lanes
            .iter()
            .map(|entry| entry.key().0.state().counts().held())
            .sum()
    }

    /// The open lane with this number.
    #[must_use]
    pub fn find(&self, id: u64) -> Option<Arc<Lane>> {
        Some(Arc::clone(&self.by_id.get(&id)?.key().0))
    }

    /// Lanes that no route holds and that have had nothing to do for long, or for any time while there are very many.
    ///
    /// An event may be on its way to a lane whose route is gone already: what was committed before this returns has to
    /// be received before [`Registry::close`].
    #[must_use]
    pub fn idle(&self, now: Instant) -> Idle {
        let max = if self.lanes.len() > LANES_IDLE_MAX {
            Duration::ZERO
        } else {
            LANE_IDLE_MAX
        };
        let lanes = self.lanes.iter();
        let lanes = lanes
            .filter(|entry| is_idle(&entry.key().0, now, max))
            .map(|entry| entry.key().0.seen())
            .collect();
        // The last route of a lane was dropped after the last event for it was committed.
        fence(Ordering::SeqCst);
        Idle { lanes, max }
    }

    /// Closes those that have stayed idle. Their counts move to [`Registry::closed`].
    pub fn close(&self, idle: &Idle, now: Instant) {
        // Tenants go with their lanes: mostly there is nothing more to walk.
        if idle.is_empty() {
            return;
        }
        self.lanes.retain(|ByDestination(lane), ()| {
            let (id, opened) = lane.seen();
            if idle.lanes.get(&id) != Some(&opened) || !is_idle(lane, now, idle.max) {
                return true;
            }
            self.by_id.remove(&lane.id);
            let mut state = lane.state();
            let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
            closed.0.add(state.counts());
            closed.1.join(state.take_unreported());
            false
        });
        self.labelled
            .retain(|ByLabel(tenant), ()| Arc::strong_count(tenant) > 1);
        shrink(&self.lanes);
        shrink(&self.by_id);
        shrink(&self.labelled);
    }

    /// The counts of lanes that have closed.
    #[must_use]
    pub fn closed(&self) -> Counts {
        self.closed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .clone()
    }

    /// What lanes settled before they closed and no flush has reported.
    #[must_use]
    pub fn take_closed_unreported(&self) -> Tally {
        std::mem::take(&mut self.closed.lock().unwrap_or_else(PoisonError::into_inner).1)
    }

    fn tenant_of(&self, destination: &Destination) -> Arc<Tenant> {
        if destination.is_default {
            return Arc::new(Tenant::new(DEFAULT_LABEL.into()));
        }
        let Some(label) = &destination.label else {
            let label = Label::derived(&destination.endpoint, &self.label_hasher);
            return Arc::new(Tenant::new(label.text()));
        };
        let new = || ByLabel(Arc::new(Tenant::new(label.text())));
        if let Some(known) = self.labelled.get(label.as_str()) {
            return Arc::clone(&known.key().0);
        }
        // Another thread may open it meanwhile.
        let entry = self.labelled.entry(new()).or_insert(());
        Arc::clone(&entry.key().0)
    }

    /// Lanes of one site share its text.
    fn share_site(&self, site: &mut Site) {
        if site.is_known() {
            return;
        }
        let mut others = self
            .other_sites
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match others.iter().find(|known| *known == site) {
            Some(known) => site.clone_from(known),
            None => others.push(site.clone()),
        }
    }
}

fn reopened(lane: &Arc<Lane>) -> Arc<Lane> {
    lane.opened.fetch_add(1, Ordering::Relaxed);
    Arc::clone(lane)
}

fn is_idle(lane: &Arc<Lane>, now: Instant, max: Duration) -> bool {
    Arc::strong_count(lane) == OWN_REFERENCES
        && lane
            .state()
            .idle_since()
            .is_some_and(|since| now.saturating_duration_since(since) >= max)
}

/// A crowd that has left leaves its seats, too.
fn shrink<K: Eq + Hash, V>(map: &DashMap<K, V>) {
    if map.capacity() / 4 > map.len() {
        map.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::LaneLimits;
    use crate::settings::Settings;
    use crate::stats::DropReason;
    use crate::wire::{Datadog, Wire};

    fn text<'a>(api_key: &'a str, site: &'a str, label: Option<&'a str>) -> DestinationText<'a> {
        DestinationText {
            label,
            ..DestinationText::new(api_key, site)
        }
    }

    fn destination(key: &str, site: &str, label: Option<&str>) -> Destination {
        Destination::parse(text(key, site, label), &["example.com".into()]).unwrap()
    }

    #[test]
    fn a_lane_is_a_key_at_a_site_under_a_label() {
        let (registry, now) = (Registry::new(), Instant::now());
        let open = |key, site, label| registry.open(destination(key, site, label), now).unwrap();
        let first = open("k1", "datadoghq.com", None);
        assert_eq!(open("k1", "datadoghq.com", None).id, first.id);
        for other in [
            open("k1", "datadoghq.eu", None),
            open("k2", "datadoghq.com", None),
            open("k1", "datadoghq.com", Some("acme")),
            registry
                .open(
                    Destination {
                        is_default: true,
                        ..destination("k1", "datadoghq.com", None)
                    },
                    now,
                )
                .unwrap(),
        ] {
            assert_ne!(other.id, first.id);
            assert_ne!(other.tenant.id, first.tenant.id);
        }
    }

    #[test]
    fn an_open_lane_is_found_by_what_it_was_opened_with_and_by_nothing_else() {
        let (registry, now) = (Registry::new(), Instant::now());
        let number = |key, site, label| registry.number_of(text(key, site, label));
        assert_eq!(number("k1", "datadoghq.com", None), None);
        let plain = registry
            .open(destination("k1", "datadoghq.com", None), now)
            .unwrap();
        let labelled = registry
            .open(destination("k1", "datadoghq.com", Some("acme")), now)
            .unwrap();
        let operators = Destination {
            is_default: true,
            ..destination("k2", "datadoghq.com", None)
        };
        registry.open(operators, now).unwrap();
        assert_eq!(number("k1", "datadoghq.com", None), Some(plain.id));
        assert_eq!(
            number("k1", "datadoghq.com", Some("acme")),
            Some(labelled.id)
        );
        for (key, site, label) in [
            ("k1", "datadoghq.eu", None),
            ("k2", "datadoghq.com", None),
            ("k1", "datadoghq.com", Some("globex")),
            ("k1", "datadoghq.com", Some("")),
            ("", "datadoghq.com", None),
            ("k1d", "atadoghq.com", None),
        ] {
            assert_eq!(number(key, site, label), None);
        }
    }

    fn sweep(registry: &Registry, now: Instant) {
        registry.close(&registry.idle(now), now);
    }

    #[test]
    fn a_lane_that_was_closed_and_opened_again_has_another_number() {
        let (registry, now) = (Registry::new(), Instant::now());
        let open = || {
            registry
                .open(destination("k1", "datadoghq.com", None), now)
                .unwrap()
                .id
        };
        let first = open();
        sweep(&registry, now + LANE_IDLE_MAX);
        let number = || registry.number_of(text("k1", "datadoghq.com", None));
        assert_eq!(number(), None);
        let second = open();
        assert_ne!(second, first);
        assert_eq!(number(), Some(second));
    }

    #[test]
    fn one_label_is_one_tenant_across_keys_and_sites() {
        let (registry, now) = (Registry::new(), Instant::now());
        let old_key = registry
            .open(destination("k1", "datadoghq.com", Some("acme")), now)
            .unwrap();
        let new_key = registry
            .open(destination("k2", "datadoghq.eu", Some("acme")), now)
            .unwrap();
        let other = registry
            .open(destination("k2", "datadoghq.eu", Some("globex")), now)
            .unwrap();
        assert_ne!(old_key.id, new_key.id);
        assert_eq!(old_key.tenant.id, new_key.tenant.id);
        assert_ne!(new_key.tenant.id, other.tenant.id);
    }

    #[test]
    fn an_idle_lane_closes_only_when_nobody_holds_it_and_its_counts_stay() {
        let (registry, now) = (Registry::new(), Instant::now());
        let lane = registry
            .open(destination("k1", "datadoghq.com", None), now)
            .unwrap();
        let wire: Arc<dyn Wire> = Arc::new(Datadog::new("test"));
        let limits = LaneLimits::new(&Settings::default(), wire);
        lane.state().refuse(DropReason::TenantShare, 3, &limits);
        let later = now + LANE_IDLE_MAX;
        sweep(&registry, later);
        assert_eq!(registry.lanes().len(), 1, "a route still holds it");
        drop(lane);
        sweep(&registry, later - Duration::from_nanos(1));
        assert_eq!(
            registry.lanes().len(),
            1,
            "it has not been idle long enough"
        );
        sweep(&registry, later);
        assert_eq!(registry.lanes().len(), 0);
        assert_eq!(
            (registry.closed().submitted(), registry.closed().dropped()),
            (3, 3)
        );
        assert_eq!(registry.take_closed_unreported().dropped, 3);
        assert!(registry.take_closed_unreported().is_empty());
    }

    #[test]
    fn a_lane_that_a_route_was_opened_to_between_two_looks_lives() {
        let (registry, now) = (Registry::new(), Instant::now());
        let open = |key| {
            registry
                .open(destination(key, "datadoghq.com", None), now)
                .unwrap()
        };
        let (kept, other) = (open("k1").id, open("k2").id);
        let later = now + LANE_IDLE_MAX;
        let idle = registry.idle(later);
        assert_eq!(open("k1").id, kept);
        registry.close(&idle, later);
        assert!(registry.find(kept).is_some());
        assert!(registry.find(other).is_none());
    }

    #[test]
    fn a_crowd_of_idle_lanes_closes_at_the_next_sweep() {
        let (registry, now) = (Registry::new(), Instant::now());
        for index in 0..=LANES_IDLE_MAX {
            registry
                .open(
                    destination(
                        &format!("k{index}"),
                        "datadoghq.com",
                        Some(&format!("t{index}")),
                    ),
                    now,
                )
                .unwrap();
        }
        sweep(&registry, now);
        assert_eq!((registry.lanes.len(), registry.labelled.len()), (0, 0));
    }

    #[test]
    fn lanes_share_the_text_of_their_site_and_of_their_label() {
        let (registry, now) = (Registry::new(), Instant::now());
        for site in ["datadoghq.eu", "example.com"] {
            let open = |key| {
                registry
                    .open(destination(key, site, Some("acme")), now)
                    .unwrap()
            };
            let (one, other) = (open("k1"), open("k2"));
            let text = |lane: &Lane| lane.endpoint.site.as_str().as_ptr();
            assert_eq!(text(&one), text(&other));
            assert!(Arc::ptr_eq(&one.tenant, &other.tenant));
            assert_eq!(one.destination(), destination("k1", site, Some("acme")));
        }
    }

    /// docs/performance.md says what an idle tenant costs, and why it matters.
    #[test]
    fn an_open_lane_has_no_more_than_it_needs() {
        let header = 2 * size_of::<usize>();
        assert!(size_of::<Lane>() + header <= 192, "{}", size_of::<Lane>());
        assert!(
            size_of::<Tenant>() + header <= 56,
            "{}",
            size_of::<Tenant>()
        );
        assert!(size_of::<ByDestination>() + size_of::<ById>() + size_of::<ByLabel>() <= 24);
    }
}
