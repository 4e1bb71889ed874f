//! Who gives way when memory is short: the rules of the reserve for those that deliver.
//!
//! Pure: lanes come in as what they hold and how they stand, and out comes how much each gives up. Bytes in flight
//! cannot give way and are not looked at; [`crate::schedule`] sees to it that they are never all there is.

use std::cmp::Reverse;
use std::collections::HashMap;

use tokio::time::Instant;

use crate::settings::EVICTION_RATIO;

/// What is known of a lane's destination. The later ones have the stronger claim to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Its last attempt failed, or its key is refused.
    Failing,
    /// It never had a success, and no failure either.
    Unproven,
    /// Its last attempt that ended was a success, and it waits for an answer for longer than usual.
    Slow,
    /// Its last attempt that ended was a success.
    Proven,
}

impl Standing {
    /// True when the destination took something, and nothing has failed since.
    #[must_use]
    pub fn has_delivered(self) -> bool {
        self >= Self::Slow
    }
}

/// A lane that holds something that is not in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// How it stands.
    pub standing: Standing,
    /// When the oldest of what could give way was submitted.
    pub oldest_at: Instant,
    /// Bytes that could give way.
    pub bytes: usize,
    /// Whose it is.
    pub tenant: u64,
    /// Bytes all lanes of its tenant hold, in flight included.
    pub tenant_bytes: usize,
}

/// Who wants room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// How its lane stands.
    pub standing: Standing,
    /// Whose it is.
    pub tenant: u64,
    /// Bytes its tenant would hold.
    pub tenant_bytes: usize,
}

impl Claim {
    /// True when this claim is about as good as `other`, which has failed just now, or worse.
    #[must_use]
    pub fn is_no_better_than(&self, other: &Self) -> bool {
        self.standing <= other.standing && self.tenant_bytes >= other.tenant_bytes / EVICTION_RATIO
    }

    /// Of those that do not fail: what never delivered gives way to what did.
    fn is_above(&self, candidate: &Candidate) -> bool {
        candidate.standing == Standing::Unproven && self.standing.has_delivered()
    }

    /// Of those that do not fail: bytes that an equal's tenant gives up. It holds much more, and will not have less then. With an equal part of
    /// what can give way nobody loses anything to equals.
    fn surplus_of(&self, candidate: &Candidate) -> usize {
        let is_equal = self.standing > Standing::Failing
            && candidate.standing.has_delivered() == self.standing.has_delivered();
        if is_equal
            && candidate.tenant != self.tenant
            && candidate.tenant_bytes / EVICTION_RATIO >= self.tenant_bytes
        {
            (candidate.tenant_bytes - self.tenant_bytes) / 2
        } else {
            0
        }
    }
}

/// What each of the lanes gives up so that `claim` has `need_bytes`: pairs of a lane's index and bytes, in the order in
/// which they give way. Less than was needed when there is no more.
///
/// The failing come first, by [`among_failing`]; then the others by their standing, the largest tenant first.
#[must_use]
pub fn for_claim(
    candidates: &[Candidate],
    claim: &Claim,
    need_bytes: usize,
) -> Vec<(usize, usize)> {
    let mut plan = Plan::new(need_bytes);
    if claim.standing > Standing::Failing {
        plan.take_from_failing(candidates);
    }
    let mut others: Vec<(usize, &Candidate)> = candidates
        .iter()
        .enumerate()
        .filter(|(_, candidate)| {
            candidate.standing > Standing::Failing
                && (claim.is_above(candidate) || claim.surplus_of(candidate) != 0)
        })
        .collect();
    others.sort_by_key(|(_, candidate)| {
        (
            candidate.standing,
            Reverse(candidate.tenant_bytes),
            candidate.tenant,
            candidate.oldest_at,
        )
    });
    // A tenant gives up its surplus once, however many lanes it has.
    let mut surplus_of: HashMap<u64, usize> = HashMap::new();
    for (index, candidate) in others {
        if claim.is_above(candidate) {
            plan.take(index, candidate.bytes);
        } else {
            let most = claim.surplus_of(candidate);
            let left = surplus_of.entry(candidate.tenant).or_insert(most);
            *left -= plan.take(index, candidate.bytes.min(most).min(*left));
        }
    }
    plan.parts
}

/// What failing lanes give up of `need_bytes` when they hold too much together: the oldest first, of tenants that hold
/// more than an equal part of it; a failing tenant that floods does not push out the others.
#[must_use]
pub fn among_failing(candidates: &[Candidate], need_bytes: usize) -> Vec<(usize, usize)> {
    let mut plan = Plan::new(need_bytes);
    plan.take_from_failing(candidates);
    plan.parts
}

/// Parts that were chosen, and what is still needed.
struct Plan {
    need_bytes: usize,
    parts: Vec<(usize, usize)>,
}

impl Plan {
    fn new(need_bytes: usize) -> Self {
        Self {
            need_bytes,
            parts: Vec::new(),
        }
    }

    /// Takes up to `bytes` of a lane, and says how much it was.
    fn take(&mut self, index: usize, bytes: usize) -> usize {
        let bytes = bytes.min(self.need_bytes);
        if bytes != 0 {
            self.need_bytes -= bytes;
            self.parts.push((index, bytes));
        }
        bytes
    }

    fn take_from_failing(&mut self, candidates: &[Candidate]) {
        let mut failing: Vec<(usize, &Candidate)> = candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| candidate.standing == Standing::Failing)
            .collect();
        failing.sort_by_key(|(_, candidate)| candidate.oldest_at);
        let mut held_by: HashMap<u64, usize> = HashMap::new();
        for (_, candidate) in &failing {
            *held_by.entry(candidate.tenant).or_default() += candidate.bytes;
        }
        let equal_part = held_by.values().sum::<usize>() / held_by.len().max(1);
        let mut rest = Vec::new();
        for (index, candidate) in failing {
            let held = held_by.entry(candidate.tenant).or_default();
            let taken = self.take(index, candidate.bytes.min(held.saturating_sub(equal_part)));
            *held -= taken;
            rest.push((index, candidate.bytes - taken));
        }
        for (index, bytes) in rest {
            self.take(index, bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const STANDINGS: [Standing; 4] = [
        Standing::Failing,
        Standing::Unproven,
        Standing::Slow,
        Standing::Proven,
    ];

    fn candidate(standing: Standing, tenant: u64, age_s: u64, bytes: usize) -> Candidate {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        let start = *START.get_or_init(Instant::now);
        Candidate {
            standing,
            oldest_at: start + Duration::from_secs(1_000) - Duration::from_secs(age_s),
            bytes,
            tenant,
            tenant_bytes: bytes,
        }
    }

    fn claim(standing: Standing, tenant_bytes: usize) -> Claim {
        Claim {
            standing,
            tenant: 99,
            tenant_bytes,
        }
    }

    #[test]
    fn a_claim_that_stands_no_better_and_wants_about_as_much_or_more_is_no_better() {
        let failed = claim(Standing::Slow, 1_000);
        for (standing, tenant_bytes, expected) in [
            (Standing::Slow, 1_000, true),
            (Standing::Slow, 500, true),
            (Standing::Slow, 499, false),
            (Standing::Failing, 2_000, true),
            (Standing::Unproven, 499, false),
            (Standing::Proven, 2_000, false),
        ] {
            let claim = claim(standing, tenant_bytes);
            assert_eq!(claim.is_no_better_than(&failed), expected, "{claim:?}");
        }
    }

    #[test]
    fn of_equally_large_failing_tenants_the_oldest_gives_way() {
        let lanes = [
            candidate(Standing::Failing, 1, 10, 100),
            candidate(Standing::Failing, 2, 30, 100),
            candidate(Standing::Failing, 3, 20, 100),
        ];
        assert_eq!(among_failing(&lanes, 150), [(1, 100), (2, 50)]);
        assert_eq!(among_failing(&lanes, 1_000), [(1, 100), (2, 100), (0, 100)]);
    }

    #[test]
    fn a_failing_tenant_that_floods_does_not_push_out_a_small_one_that_is_older() {
        let lanes = [
            candidate(Standing::Failing, 1, 10, 1_000),
            candidate(Standing::Failing, 2, 30, 10),
        ];
        assert_eq!(among_failing(&lanes, 300), [(0, 300)]);
    }

    #[test]
    fn what_one_lane_of_a_failing_tenant_gave_its_other_lane_keeps() {
        let lanes = [
            candidate(Standing::Failing, 1, 30, 300),
            candidate(Standing::Failing, 1, 20, 200),
            candidate(Standing::Failing, 2, 10, 100),
        ];
        // An equal part is 300: of the first tenant's 500 so much is left, and then the oldest gives way.
        assert_eq!(among_failing(&lanes, 250), [(0, 200), (0, 50)]);
    }

    #[test]
    fn the_failing_give_way_before_the_unproven_and_those_before_nobody_else() {
        let lanes = [
            candidate(Standing::Proven, 1, 50, 100),
            candidate(Standing::Unproven, 2, 40, 100),
            candidate(Standing::Unproven, 3, 30, 200),
            candidate(Standing::Failing, 4, 10, 100),
        ];
        let proven = claim(Standing::Proven, 90);
        assert_eq!(
            for_claim(&lanes, &proven, 10_000),
            [(3, 100), (2, 200), (1, 100)]
        );
        assert_eq!(for_claim(&lanes, &proven, 150), [(3, 100), (2, 50)]);
        let failing = claim(Standing::Failing, 1);
        assert_eq!(for_claim(&lanes, &failing, 10_000), []);
    }

    #[test]
    fn between_equals_who_holds_twice_as_much_gives_up_half_of_what_it_has_more() {
        let lanes = [
            candidate(Standing::Proven, 1, 10, 400),
            candidate(Standing::Slow, 2, 10, 200),
            candidate(Standing::Slow, 3, 10, 199),
        ];
        let proven = claim(Standing::Proven, 100);
        assert_eq!(for_claim(&lanes, &proven, 10_000), [(1, 50), (0, 150)]);
        let unproven = claim(Standing::Unproven, 100);
        assert_eq!(for_claim(&lanes, &unproven, 10_000), []);
    }

    #[test]
    fn a_tenant_of_two_lanes_gives_up_its_surplus_once_and_nothing_to_itself() {
        let lanes = [200, 200].map(|bytes| Candidate {
            tenant_bytes: 400,
            ..candidate(Standing::Proven, 1, 10, bytes)
        });
        let plan = for_claim(&lanes, &claim(Standing::Proven, 100), 10_000);
        assert_eq!(plan.iter().map(|(_, bytes)| bytes).sum::<usize>(), 150);
        let own = Claim {
            tenant: 1,
            ..claim(Standing::Proven, 100)
        };
        assert_eq!(for_claim(&lanes, &own, 10_000), []);
    }

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        prop::collection::vec(
            (0..STANDINGS.len(), 1_u64..8, 0_u64..900, 1_usize..2_000),
            0..20,
        )
        .prop_map(|rows| {
            let mut lanes: Vec<Candidate> = rows
                .into_iter()
                .map(|(standing, tenant, age_s, bytes)| {
                    candidate(STANDINGS[standing], tenant, age_s, bytes)
                })
                .collect();
            let mut held: HashMap<u64, usize> = HashMap::new();
            for lane in &lanes {
                *held.entry(lane.tenant).or_default() += lane.bytes;
            }
            for lane in &mut lanes {
                lane.tenant_bytes = held[&lane.tenant];
            }
            lanes
        })
    }

    proptest! {
        #[test]
        fn nobody_gives_up_more_than_it_has_or_than_is_needed_or_to_a_weaker_claim(
            lanes in candidates(),
            standing in 0..STANDINGS.len(),
            tenant_bytes in 1_usize..3_000,
            need_bytes in 0_usize..5_000,
        ) {
            let claim = claim(STANDINGS[standing], tenant_bytes);
            for (plan, by_claim) in [
                (for_claim(&lanes, &claim, need_bytes), true),
                (among_failing(&lanes, need_bytes), false),
            ] {
                let mut given: HashMap<usize, usize> = HashMap::new();
                let mut given_by: HashMap<u64, usize> = HashMap::new();
                for (index, bytes) in &plan {
                    *given.entry(*index).or_default() += bytes;
                    *given_by.entry(lanes[*index].tenant).or_default() += bytes;
                    let weaker = lanes[*index].standing;
                    prop_assert!(!by_claim || !weaker.has_delivered() || claim.standing.has_delivered());
                    prop_assert!(by_claim || weaker == Standing::Failing);
                }
                prop_assert!(given.values().sum::<usize>() <= need_bytes);
                for (index, bytes) in given {
                    prop_assert!(bytes <= lanes[index].bytes);
                }
                for lane in lanes.iter().filter(|lane| by_claim && lane.standing.has_delivered()) {
                    let alone = lanes.iter().all(|other| other.tenant != lane.tenant || other.standing.has_delivered());
                    let left = lane.tenant_bytes - given_by.get(&lane.tenant).copied().unwrap_or(0);
                    prop_assert!(!alone || !given_by.contains_key(&lane.tenant) || left >= claim.tenant_bytes);
                }
            }
        }

        /// The promise: with an equal part of what can give way, nobody who delivers is refused.
        #[test]
        fn who_has_delivered_and_holds_an_equal_part_at_most_always_finds_room(
            lanes in candidates(),
            need_bytes in 1_usize..50,
        ) {
            let tenants: std::collections::HashSet<u64> = lanes.iter().map(|lane| lane.tenant).collect();
            let free: usize = lanes.iter().map(|lane| lane.bytes).sum();
            let equal_part = free / (tenants.len() + 1);
            let claim = claim(Standing::Proven, equal_part / EVICTION_RATIO);
            prop_assume!(equal_part / EVICTION_RATIO / 2 >= need_bytes);
            let found: usize = for_claim(&lanes, &claim, need_bytes).iter().map(|(_, bytes)| bytes).sum();
            prop_assert_eq!(found, need_bytes);
        }
    }
}
