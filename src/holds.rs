//! What one caller holds open: lanes by their number, each as often as it was opened.
//!
//! JavaScript has a number instead of a handle of its own for each route: an object of the engine with what is behind it
//! costs more than the lane itself. Whoever is gone with its routes, as a thread that ends, lets go of all of them at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::lane::Lane;
use crate::registry::ById;

/// A table that is this much larger than what is in it gives its memory back.
const SHRINKS_BELOW: usize = 4;

/// The lanes that one caller holds open.
#[derive(Debug, Default)]
pub struct Holds {
    lanes: Mutex<HashMap<ById, u32>>,
}

impl Holds {
    /// Holds a lane once more.
    pub fn hold(&self, lane: Arc<Lane>) {
        let mut lanes = self.lanes();
        let times = lanes.entry(ById(lane)).or_default();
        // One that was opened four billion times stays open.
        *times = times.saturating_add(1);
    }

    /// Holds a lane that is held once more; false when nobody holds it.
    #[must_use]
    pub fn hold_again(&self, id: u64) -> bool {
        match self.find(id) {
            Some(lane) => {
                self.hold(lane);
                true
            }
            None => false,
        }
    }

    /// Lets go of a lane, once. With the last time it may close.
    pub fn release(&self, id: u64) {
        let mut lanes = self.lanes();
        let Some(times) = lanes.get_mut(&id) else {
            return;
        };
        match *times {
            0 | 1 => drop(lanes.remove(&id)),
            u32::MAX => {}
            _ => *times -= 1,
        }
        if lanes.capacity() / SHRINKS_BELOW > lanes.len() {
            lanes.shrink_to_fit();
        }
    }

    /// The lane with this number, if it is held.
    #[must_use]
    pub fn find(&self, id: u64) -> Option<Arc<Lane>> {
        let lanes = self.lanes();
        let (lane, _) = lanes.get_key_value(&id)?;
        Some(Arc::clone(&lane.0))
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<ById, u32>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::registry::Registry;
    use crate::tenant::{Destination, DestinationText};

    fn lane_of(registry: &Registry, key: &str) -> Arc<Lane> {
        let text = DestinationText::new(key, "datadoghq.com");
        let destination = Destination::parse(text, &[]).unwrap();
        registry.open(destination, Instant::now()).unwrap()
    }

    /// How often a lane is held beside the registry, which has it twice.
    fn holders(lane: &Arc<Lane>) -> usize {
        Arc::strong_count(lane) - 3
    }

    #[test]
    fn a_lane_is_held_until_it_was_let_go_as_often_as_it_was_held() {
        let (registry, holds) = (Registry::new(), Holds::default());
        let lane = lane_of(&registry, "k1");
        assert_eq!(holders(&lane), 0);
        holds.hold(Arc::clone(&lane));
        holds.hold(Arc::clone(&lane));
        assert!(holds.hold_again(lane.id));
        for left in [2, 1] {
            holds.release(lane.id);
            assert_eq!(holders(&lane), 1, "{left} times");
            assert_eq!(holds.find(lane.id).map(|found| found.id), Some(lane.id));
        }
        holds.release(lane.id);
        assert_eq!(holders(&lane), 0);
        assert!(holds.find(lane.id).is_none());
    }

    #[test]
    fn a_lane_that_nobody_holds_is_neither_found_nor_held_again_nor_let_go() {
        let (registry, holds) = (Registry::new(), Holds::default());
        let (held, other) = (lane_of(&registry, "k1"), lane_of(&registry, "k2"));
        holds.hold(Arc::clone(&held));
        assert!(!holds.hold_again(other.id));
        assert!(holds.find(other.id).is_none());
        holds.release(other.id);
        holds.release(0);
        assert_eq!((holders(&held), holders(&other)), (1, 0));
    }

    #[test]
    fn what_is_gone_lets_go_of_everything() {
        let registry = Registry::new();
        let lanes = ["k1", "k2"].map(|key| lane_of(&registry, key));
        let (holds, others) = (Holds::default(), Holds::default());
        for lane in &lanes {
            holds.hold(Arc::clone(lane));
            holds.hold(Arc::clone(lane));
            others.hold(Arc::clone(lane));
        }
        drop(holds);
        assert_eq!(lanes.each_ref().map(holders), [1, 1]);
        assert!(others.find(lanes[0].id).is_some());
    }

    #[test]
    fn a_crowd_that_has_left_leaves_no_memory() {
        let (registry, holds) = (Registry::new(), Holds::default());
        let lanes: Vec<_> = (0..1000)
            .map(|index| lane_of(&registry, &format!("k{index}")))
            .collect();
        for lane in &lanes {
            holds.hold(Arc::clone(lane));
        }
        let capacity = || holds.lanes().capacity();
        // Places of what was let go are used again or not, by chance.
        let half = capacity() / 2;
        let few = capacity() / SHRINKS_BELOW;
        for lane in &lanes[few..] {
            holds.release(lane.id);
        }
        assert!(capacity() > half, "a table that is used is left as it is");
        for lane in &lanes[few * 3 / 4..few] {
            holds.release(lane.id);
        }
        assert!(capacity() < half);
        for lane in &lanes[1..few * 3 / 4] {
            holds.release(lane.id);
        }
        assert!(capacity() < 16);
        assert!(holds.find(lanes[0].id).is_some());
    }

    #[test]
    fn the_number_of_times_has_an_end_at_which_the_lane_stays() {
        let (registry, holds) = (Registry::new(), Holds::default());
        let lane = lane_of(&registry, "k1");
        holds.hold(Arc::clone(&lane));
        for times in holds.lanes().values_mut() {
            *times = u32::MAX - 1;
        }
        assert!(holds.hold_again(lane.id));
        assert!(holds.hold_again(lane.id));
        holds.release(lane.id);
        assert_eq!(
            holds.lanes().values().copied().collect::<Vec<_>>(),
            [u32::MAX]
        );
    }
}
