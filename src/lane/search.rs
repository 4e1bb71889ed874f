//! How a lane finds out which events an intake refuses, and how large a body it takes.
//!
//! Pure. Refused events are searched by halves. Where there are many, larger groups are seldom all right and cost a
//! request each: the groups shrink and grow with what the intake answers. After each refusal the lane pauses.

use std::time::Duration;

use crate::lane::batch::{Known, Portion};
use crate::settings::{
    SEARCH_GROUP_MAX, SEARCH_PAUSE, SEARCH_PAUSE_DOUBLES_AFTER, SEARCH_PAUSE_MAX,
    SIZE_TRIED_AGAIN_AFTER,
};

/// Up to this size of a group one that was taken may be a chance.
const SMALL_GROUP: usize = 16;

/// Each half of a body has brackets of its own.
const AROUND_BYTES: usize = 64;

/// What a lane has learnt of its intake. Nothing, of most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Events of one request, while some are refused.
    group: Option<usize>,
    /// The last group was taken.
    was_taken: bool,
    /// Refusals since the intake took anything.
    refusals: u32,
    /// The largest body it is thought to take, if it refused a larger one.
    body_bytes: Option<usize>,
    /// Bodies it took since.
    taken: u32,
}

impl Search {
    /// True while refused events, or a size that is taken, are searched for.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.group.is_some() || self.refusals > 0
    }

    /// True when there is nothing to remember.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.group.is_none() && self.body_bytes.is_none()
    }

    /// What the next request takes.
    #[must_use]
    pub fn portion(&self) -> Portion {
        Portion {
            events: self.group.unwrap_or(usize::MAX),
            bytes: self.body_bytes.unwrap_or(usize::MAX),
        }
    }

    /// Some of `events` events are refused. Inside of a body that was refused before this says nothing about others.
    pub fn refused(&mut self, events: usize, known: Known) {
        self.refusals = self.refusals.saturating_add(1);
        if known == Known::Nothing {
            let group = self.group.unwrap_or(usize::MAX).min(events);
            self.group = Some((group / 2).max(1));
            self.was_taken = false;
        }
    }

    /// A body is too large, of which there is `None` where it had one event: the next ones are half of it.
    pub fn too_large(&mut self, body_bytes: Option<usize>) {
        self.refusals = self.refusals.saturating_add(1);
        if let Some(bytes) = body_bytes {
            let known = self.body_bytes.unwrap_or(usize::MAX);
            self.body_bytes = Some(known.min(bytes / 2 + AROUND_BYTES));
            self.taken = 0;
        }
    }

    /// A body was taken: the next group is twice as large, a small one after two in a row. A larger body is tried now
    /// and then.
    pub fn taken(&mut self, known: Known, max_body_bytes: usize) {
        self.refusals = 0;
        if let Some(group) = self.group
            && known == Known::Nothing
        {
            let is_sure = group > SMALL_GROUP || self.was_taken;
            let grown = if is_sure { group * 2 } else { group };
            self.group = Some(grown).filter(|group| *group <= SEARCH_GROUP_MAX);
            self.was_taken = !is_sure;
        }
        self.taken = self.taken.saturating_add(1);
        if self.taken >= SIZE_TRIED_AGAIN_AFTER {
            self.taken = 0;
            let bytes = self.body_bytes.map(|bytes| bytes.saturating_mul(2));
            self.body_bytes = bytes.filter(|bytes| *bytes < max_body_bytes);
        }
    }

    /// How long the lane pauses after a refusal: longer where nothing is taken in between.
    #[must_use]
    pub fn pause(&self) -> Duration {
        let doublings = (self.refusals / SEARCH_PAUSE_DOUBLES_AFTER).min(16);
        SEARCH_PAUSE
            .saturating_mul(1 << doublings)
            .min(SEARCH_PAUSE_MAX)
    }

    /// Nothing is left to be searched. What size is taken stays known.
    pub fn end(&mut self) {
        self.group = None;
        self.refusals = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_shrink_with_refusals_and_grow_until_there_is_nothing_to_search() {
        let mut search = Search::default();
        search.refused(1_000, Known::Nothing);
        assert_eq!(search.portion().events, 500);
        search.refused(250, Known::Refused);
        assert_eq!(search.portion().events, 500, "inside of the refused ones");
        search.refused(500, Known::Nothing);
        search.taken(Known::Refused, 1_000);
        assert_eq!(search.portion().events, 250);
        for _ in 0..20 {
            search.refused(1, Known::Nothing);
        }
        assert_eq!(search.portion().events, 1);
        for _ in 0..15 {
            assert!(search.is_on());
            search.taken(Known::Nothing, 1_000);
        }
        search.taken(Known::Nothing, 1_000);
        assert!(search.is_blank());
    }

    #[test]
    fn it_is_on_from_a_refusal_until_a_body_is_taken_or_nothing_is_left() {
        let mut search = Search::default();
        assert!(!search.is_on() && search.is_blank());
        search.too_large(None);
        assert!(search.is_on() && search.is_blank());
        search.taken(Known::Nothing, 1_000);
        assert!(!search.is_on());
        search.too_large(Some(1_000));
        assert!(search.is_on());
        search.end();
        assert!(
            !search.is_on() && !search.is_blank(),
            "the size stays known"
        );
        let mut search = Search::default();
        search.refused(10, Known::Nothing);
        assert!(search.is_on() && !search.is_blank());
        search.end();
        assert!(!search.is_on() && search.is_blank());
    }

    #[test]
    fn a_small_group_grows_after_two_bodies_and_a_larger_one_after_one() {
        for (group, bodies) in [(SMALL_GROUP, 2), (SMALL_GROUP + 1, 1)] {
            let mut search = Search::default();
            search.refused(2 * group, Known::Nothing);
            for _ in 0..bodies {
                assert_eq!(search.portion().events, group);
                search.taken(Known::Nothing, 1_000);
            }
            assert_eq!(search.portion().events, 2 * group);
        }
    }

    #[test]
    fn a_size_that_would_be_the_largest_body_is_no_limit_any_more() {
        let mut search = Search::default();
        search.too_large(Some(1_000));
        let most = 2 * search.portion().bytes;
        for _ in 0..SIZE_TRIED_AGAIN_AFTER {
            search.taken(Known::Nothing, most);
        }
        assert_eq!(search.portion().bytes, usize::MAX);
    }

    #[test]
    fn a_refused_size_is_halved_and_tried_again_much_later() {
        let mut search = Search::default();
        search.too_large(Some(1_000));
        search.too_large(Some(900));
        search.too_large(None);
        assert_eq!(search.portion().bytes, 450 + AROUND_BYTES);
        for _ in 0..SIZE_TRIED_AGAIN_AFTER {
            assert_eq!(search.portion().bytes, 450 + AROUND_BYTES);
            search.taken(Known::Nothing, 2_000);
        }
        assert_eq!(search.portion().bytes, 900 + 2 * AROUND_BYTES);
        for _ in 0..SIZE_TRIED_AGAIN_AFTER {
            search.taken(Known::Nothing, 2_000);
        }
        assert!(search.is_blank());
    }

    #[test]
    fn the_pause_grows_while_nothing_is_taken() {
        let mut search = Search::default();
        search.refused(10, Known::Nothing);
        assert_eq!(search.pause(), SEARCH_PAUSE);
        for _ in 0..SEARCH_PAUSE_DOUBLES_AFTER {
            search.refused(1, Known::Nothing);
        }
        assert_eq!(search.pause(), SEARCH_PAUSE * 2);
        for _ in 0..100_000 {
            search.refused(1, Known::Nothing);
        }
        assert_eq!(search.pause(), SEARCH_PAUSE_MAX);
        search.taken(Known::Nothing, 1_000);
        assert_eq!(search.pause(), SEARCH_PAUSE);
    }
}
