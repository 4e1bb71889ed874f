//! Whose turn it is, and whether there is a slot: the rules of fairness.
//!
//! Pure: it knows sites and counts, not lanes, clocks or requests. [`Turns`] is the queue of who waits,
//! [`Slots`] says who may start.

mod pace;

use std::collections::{HashMap, VecDeque};

pub use self::pace::Pace;
use crate::lane::Urgency;
use crate::settings::{
    IN_FLIGHT_SHARE_DIVISOR, NEWCOMERS_SHARE_DIVISOR, PROBE_BYTES_SHARE_DIVISOR,
    PROBE_SHARE_DIVISOR, PROVEN_SHARE_DIVISOR, REQUESTS_IN_FLIGHT_PER_SITE_MAX,
    REQUESTS_IN_FLIGHT_START, WAITING_SHARE_DIVISOR,
};
use crate::tenant::Site;

/// How a request in flight is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// A healthy lane's request.
    Normal,
    /// A request of a lane that never had an answer.
    First,
    /// A failing lane's attempt.
    Probe,
    /// Began as a healthy lane's or as a first one, and has had no answer for long: it counts towards the probe share.
    Slow,
    /// A slow one that was told to end.
    GivenUp,
}

/// Requests in flight with one kind of seat.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    requests: usize,
    /// What they hold of the memory. It cannot give way.
    bytes: usize,
}

impl Taken {
    fn add(&mut self, bytes: usize) {
        self.requests += 1;
        self.bytes += bytes;
    }

    fn remove(&mut self, bytes: usize) {
        self.requests = self.requests.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// Request slots of the process, and the memory that requests in flight may hold.
#[derive(Debug)]
pub struct Slots {
    max: usize,
    limit: usize,
    max_bytes: usize,
    normal: Taken,
    first: Taken,
    probing: Taken,
    slow: Taken,
    /// Normal and first ones.
    fresh_at: HashMap<Site, usize>,
    missed: bool,
}

impl Slots {
    /// Slots for at most `max` requests; it starts with fewer and grows when they are missed. `max_bytes` is what the
    /// process may hold in all.
    #[must_use]
    pub fn new(max: usize, max_bytes: usize) -> Self {
        let max = max.max(1);
        let limit = max.min(REQUESTS_IN_FLIGHT_START);
        Self {
            max,
            limit,
            max_bytes,
            normal: Taken::default(),
            first: Taken::default(),
            probing: Taken::default(),
            slow: Taken::default(),
            fresh_at: HashMap::new(),
            missed: false,
        }
    }

    /// Requests in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.fresh() + self.probing.requests + self.slow.requests
    }

    /// Slow requests that stand in the way of those that wait: all slots they may have are taken, and these are beyond
    /// the probe share.
    #[must_use]
    pub fn over(&self, waiting: Urgency) -> usize {
        if self.in_flight() < self.most(waiting) {
            return 0;
        }
        (self.probing.requests + self.slow.requests).saturating_sub(self.probe_share())
    }

    /// Bytes of slow requests that stand in the way of others when memory is short.
    #[must_use]
    pub fn over_bytes(&self) -> usize {
        self.slow
            .bytes
            .saturating_sub(self.max_bytes / WAITING_SHARE_DIVISOR)
    }

    /// True when a request of this urgency may start. `others_wait`: another site has work that could start.
    ///
    /// What is in flight cannot give way when memory is short: of each kind it is one body more than its part at most.
    pub fn admits(&mut self, site: &Site, urgency: Urgency, others_wait: bool) -> bool {
        if self.in_flight() >= self.most(urgency) {
            return false;
        }
        match urgency {
            // A quarter of the share is the probes' own: a crowd of slow requests must not stop every repeat.
            Urgency::Again | Urgency::Probe => {
                let share = self.probe_share();
                let probing = self.probing.requests;
                (probing + self.slow.requests < share || probing < (share / 4).max(1))
                    && self.probing.bytes <= self.max_bytes / PROBE_BYTES_SHARE_DIVISOR
            }
            Urgency::First => {
                let is_free = self.has_fresh_slot(site, urgency, others_wait);
                is_free && self.first.bytes <= self.max_bytes / PROBE_BYTES_SHARE_DIVISOR
            }
            Urgency::Normal => {
                let is_free = self.has_fresh_slot(site, urgency, others_wait);
                is_free && self.normal.bytes <= self.max_bytes / IN_FLIGHT_SHARE_DIVISOR
            }
        }
    }

    /// True when there is a slot for a lane that does not fail, at this site.
    fn has_fresh_slot(&mut self, site: &Site, urgency: Urgency, others_wait: bool) -> bool {
        let at_site = self.fresh_at.get(site).copied().unwrap_or(0);
        let site_max = if others_wait {
            REQUESTS_IN_FLIGHT_PER_SITE_MAX.min(self.limit)
        } else {
            self.limit
        };
        let is_free =
            self.fresh() < self.part(urgency, self.limit) && at_site < self.part(urgency, site_max);
        self.missed |= !is_free;
        is_free
    }

    /// A request that holds `bytes` starts.
    pub fn start(&mut self, site: &Site, urgency: Urgency, bytes: usize) -> Seat {
        match urgency {
            Urgency::Again | Urgency::Probe => {
                self.probing.add(bytes);
                Seat::Probe
            }
            Urgency::First => {
                self.first.add(bytes);
                *self.fresh_at.entry(site.clone()).or_default() += 1;
                Seat::First
            }
            Urgency::Normal => {
                self.normal.add(bytes);
                *self.fresh_at.entry(site.clone()).or_default() += 1;
                Seat::Normal
            }
        }
    }

    /// A request has had no answer for long: its slot is free for others. While others wait there is one more slot, so
    /// that many lanes that never get an answer are soon known.
    pub fn grew_slow(&mut self, site: &Site, seat: Seat, bytes: usize) {
        self.leave_fresh(site, seat, bytes);
        self.slow.add(bytes);
        if self.missed {
            self.limit = self.max.min(self.limit + 1);
        }
    }

    /// A request came back. Slots grow by one when one was missed and the answer was good, and go back to the
    /// start when nothing is in flight.
    pub fn finish(&mut self, site: &Site, seat: Seat, bytes: usize, delivered: bool) {
        match seat {
            Seat::Normal | Seat::First => {
                self.leave_fresh(site, seat, bytes);
                if delivered && std::mem::take(&mut self.missed) {
                    self.limit = self.max.min(self.limit + 1);
                }
            }
            Seat::Probe => self.probing.remove(bytes),
            Seat::Slow | Seat::GivenUp => self.slow.remove(bytes),
        }
        if self.in_flight() == 0 {
            self.limit = self.max.min(REQUESTS_IN_FLIGHT_START);
            self.missed = false;
        }
    }

    /// True when lanes that never had an answer have not what is theirs while the others wait.
    fn newcomers_are_few(&self) -> bool {
        self.first.requests < (self.limit / NEWCOMERS_SHARE_DIVISOR).max(1)
    }

    fn probe_share(&self) -> usize {
        (self.limit / PROBE_SHARE_DIVISOR).max(1)
    }

    /// Slots that requests of this urgency may have, with all others.
    fn most(&self, urgency: Urgency) -> usize {
        self.part(urgency, self.max)
    }

    /// Of these slots, those that are not kept for others. A crowd of first ones leaves a part to lanes that have
    /// delivered; a few do not: else they would never start beside those who take all there is.
    fn part(&self, urgency: Urgency, slots: usize) -> usize {
        match urgency {
            Urgency::First if !self.newcomers_are_few() => slots - slots / PROVEN_SHARE_DIVISOR,
            Urgency::First | Urgency::Normal | Urgency::Again | Urgency::Probe => slots,
        }
    }

    /// Requests that did not fail before and have not waited long.
    fn fresh(&self) -> usize {
        self.normal.requests + self.first.requests
    }

    fn leave_fresh(&mut self, site: &Site, seat: Seat, bytes: usize) {
        let taken = match seat {
            Seat::First => &mut self.first,
            _ => &mut self.normal,
        };
        taken.remove(bytes);
        if let Some(at_site) = self.fresh_at.get_mut(site) {
            *at_site = at_site.saturating_sub(1);
            if *at_site == 0 {
                self.fresh_at.remove(site);
            }
        }
    }
}

/// Who waits for a slot: one queue per site and urgency, served in turn.
#[derive(Debug)]
pub struct Turns<T> {
    normal: Queues<T>,
    first: Queues<T>,
    again: Queues<T>,
    probes: Queues<T>,
    /// The last turn of one that fails was new trouble's.
    was_again: bool,
    /// Turns of lanes that have delivered since the last one of a lane that never had an answer.
    since_newcomer: usize,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self {
            normal: Queues::default(),
            first: Queues::default(),
            again: Queues::default(),
            probes: Queues::default(),
            was_again: false,
            since_newcomer: 0,
        }
    }
}

impl<T> Turns<T> {
    /// Joins the end of its site's queue.
    pub fn push(&mut self, site: &Site, urgency: Urgency, waiting: T) {
        self.queues_mut(urgency).push(site, waiting);
    }

    /// Who may start next. Lanes that have delivered come first, then those that never had an answer, sites in turn. Who
    /// comes for the first time is not shut out by those who take all there is: one turn in some is theirs. The probe
    /// share is its own, and new trouble has every second turn of it, however many fail for long. `may_repeat`: at this
    /// site, now.
    pub fn pop(
        &mut self,
        slots: &mut Slots,
        may_repeat: impl Fn(&Site) -> bool,
    ) -> Option<(Site, Urgency, T)> {
        let failing = if self.was_again {
            [Urgency::Probe, Urgency::Again]
        } else {
            [Urgency::Again, Urgency::Probe]
        };
        let is_newcomers = self.since_newcomer + 1 >= NEWCOMERS_SHARE_DIVISOR;
        let fresh = if is_newcomers && slots.newcomers_are_few() {
            [Urgency::First, Urgency::Normal]
        } else {
            [Urgency::Normal, Urgency::First]
        };
        for urgency in fresh.into_iter().chain(failing) {
            let queues = self.queues_mut(urgency);
            let others_wait = queues.sites.len() > 1;
            let mut admits = |site: &Site| {
                (!urgency.is_of_the_failing() || may_repeat(site))
                    && slots.admits(site, urgency, others_wait)
            };
            if let Some((site, waiting)) = queues.pop(&mut admits) {
                match urgency {
                    Urgency::Normal => self.since_newcomer = self.since_newcomer.saturating_add(1),
                    Urgency::First => self.since_newcomer = 0,
                    Urgency::Again | Urgency::Probe => self.was_again = urgency == Urgency::Again,
                }
                return Some((site, urgency, waiting));
            }
        }
        None
    }

    /// How many wait with this urgency.
    #[must_use]
    pub fn waiting(&self, urgency: Urgency) -> usize {
        let sites = self.queues(urgency).sites.iter();
        sites.map(|(_, queue)| queue.len()).sum()
    }

    /// Sites where somebody waits with this urgency.
    pub fn sites(&self, urgency: Urgency) -> impl Iterator<Item = &Site> {
        self.queues(urgency).sites.iter().map(|(site, _)| site)
    }

    fn queues(&self, urgency: Urgency) -> &Queues<T> {
        match urgency {
            Urgency::Normal => &self.normal,
            Urgency::First => &self.first,
            Urgency::Again => &self.again,
            Urgency::Probe => &self.probes,
        }
    }

    fn queues_mut(&mut self, urgency: Urgency) -> &mut Queues<T> {
        match urgency {
            Urgency::Normal => &mut self.normal,
            Urgency::First => &mut self.first,
            Urgency::Again => &mut self.again,
            Urgency::Probe => &mut self.probes,
        }
    }
}

/// The sites that have somebody waiting, in the order of their turns. A site without anybody is not in it.
#[derive(Debug)]
struct Queues<T> {
    sites: VecDeque<(Site, VecDeque<T>)>,
}

impl<T> Default for Queues<T> {
    fn default() -> Self {
        Self {
            sites: VecDeque::new(),
        }
    }
}

impl<T> Queues<T> {
    fn push(&mut self, site: &Site, waiting: T) {
        match self.sites.iter_mut().find(|(of, _)| of == site) {
            Some((_, queue)) => queue.push_back(waiting),
            None => self
                .sites
                .push_back((site.clone(), VecDeque::from([waiting]))),
        }
    }

    fn pop(&mut self, mut admits: impl FnMut(&Site) -> bool) -> Option<(Site, T)> {
        let index = self.sites.iter().position(|(site, _)| admits(site))?;
        let (site, mut queue) = self.sites.remove(index)?;
        let waiting = queue.pop_front()?;
        if !queue.is_empty() {
            self.sites.push_back((site.clone(), queue));
        }
        Some((site, waiting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(name: &str) -> Site {
        Site::parse(name, &[]).unwrap()
    }

    /// Starts every lane that may start, and says which did.
    fn start_all(turns: &mut Turns<u32>, slots: &mut Slots) -> Vec<u32> {
        let mut started = Vec::new();
        while let Some((site, urgency, lane)) = turns.pop(slots, |_| true) {
            slots.start(&site, urgency, 0);
            started.push(lane);
        }
        started
    }

    /// Starts requests of so many bytes while they are admitted, and says how many did.
    fn fill(slots: &mut Slots, site: &Site, urgency: Urgency, bytes: usize) -> usize {
        let mut requests = 0;
        while slots.admits(site, urgency, false) {
            slots.start(site, urgency, bytes);
            requests += 1;
        }
        requests
    }

    #[test]
    fn sites_take_turns_and_lanes_of_a_site_stay_in_order() {
        let (us, eu) = (site("datadoghq.com"), site("datadoghq.eu"));
        let mut turns = Turns::default();
        for lane in 0..4 {
            turns.push(&us, Urgency::Normal, lane);
        }
        turns.push(&eu, Urgency::Normal, 10);
        turns.push(&eu, Urgency::Normal, 11);
        assert_eq!(
            start_all(&mut turns, &mut Slots::new(256, 1_000)),
            [0, 10, 1, 11, 2, 3]
        );
    }

    #[test]
    fn failing_lanes_hold_a_fifth_of_the_slots_and_no_more() {
        let us = site("datadoghq.com");
        let (mut turns, mut slots) = (Turns::default(), Slots::new(20, 1_000));
        for lane in 0..100 {
            turns.push(&us, Urgency::Probe, lane);
        }
        assert_eq!(start_all(&mut turns, &mut slots).len(), 4);
        turns.push(&us, Urgency::Normal, 500);
        assert_eq!(
            start_all(&mut turns, &mut slots),
            [500],
            "a healthy lane starts at once"
        );
        slots.finish(&us, Seat::Probe, 0, false);
        assert_eq!(start_all(&mut turns, &mut slots), [4]);
    }

    #[test]
    fn slow_requests_stand_in_the_way_when_all_slots_are_taken_and_beyond_the_probe_share() {
        let us = site("datadoghq.com");
        let mut slots = Slots::new(20, 1_000);
        for _ in 0..2 {
            slots.start(&us, Urgency::Probe, 0);
        }
        for _ in 0..17 {
            slots.start(&us, Urgency::Normal, 0);
        }
        for _ in 0..15 {
            slots.grew_slow(&us, Seat::Normal, 0);
        }
        assert_eq!((slots.in_flight(), slots.over(Urgency::Normal)), (19, 0));
        slots.start(&us, Urgency::Normal, 0);
        assert_eq!((slots.in_flight(), slots.over(Urgency::Normal)), (20, 13));
    }

    #[test]
    fn an_unanswered_request_frees_its_slot_and_takes_from_the_probe_share() {
        let us = site("datadoghq.com");
        let (mut turns, mut slots) = (Turns::default(), Slots::new(256, 1_000));
        for lane in 0..65 {
            turns.push(&us, Urgency::Normal, lane);
        }
        assert_eq!(start_all(&mut turns, &mut slots).len(), 64);
        for _ in 0..15 {
            slots.grew_slow(&us, Seat::Normal, 0);
        }
        assert_eq!(start_all(&mut turns, &mut slots), [64]);
        for lane in 900..910 {
            turns.push(&us, Urgency::Probe, lane);
        }
        assert_eq!(
            start_all(&mut turns, &mut slots),
            [900, 901, 902],
            "the slow ones take the probe share of 79/5 but for the quarter that is the probes' own"
        );
        for _ in 0..4 {
            slots.finish(&us, Seat::Slow, 0, false);
        }
        assert_eq!(start_all(&mut turns, &mut slots), [903]);
    }

    #[test]
    fn a_quarter_of_the_probe_share_is_left_by_any_number_of_slow_requests() {
        let us = site("datadoghq.com");
        let mut slots = Slots::new(40, 1_000);
        for _ in 0..20 {
            let seat = slots.start(&us, Urgency::Normal, 0);
            slots.grew_slow(&us, seat, 0);
        }
        let probes = fill(&mut slots, &us, Urgency::Probe, 0);
        assert_eq!(probes, 2, "of a share of eight");
    }

    #[test]
    fn no_site_passes_its_cap_while_another_waits() {
        let (us, eu) = (site("datadoghq.com"), site("datadoghq.eu"));
        let mut slots = Slots::new(256, 1_000);
        slots.limit = 200;
        for _ in 0..64 {
            slots.start(&us, Urgency::Normal, 0);
        }
        assert!(!slots.admits(&us, Urgency::Normal, true));
        assert!(slots.admits(&us, Urgency::Normal, false));
        assert!(slots.admits(&eu, Urgency::Normal, true));
    }

    #[test]
    fn first_contacts_have_a_cap_at_their_site_too() {
        let (us, eu) = (site("datadoghq.com"), site("datadoghq.eu"));
        let mut slots = Slots::new(256, 1_000);
        slots.limit = 200;
        for _ in 0..48 {
            assert!(slots.admits(&us, Urgency::First, true));
            slots.start(&us, Urgency::First, 0);
        }
        assert!(!slots.admits(&us, Urgency::First, true));
        assert!(slots.admits(&us, Urgency::First, false));
        assert!(slots.admits(&eu, Urgency::First, true));
        slots.finish(&us, Seat::First, 0, true);
        assert!(slots.admits(&us, Urgency::First, true));
        slots.start(&us, Urgency::First, 0);
        assert!(
            !slots.admits(&us, Urgency::First, true),
            "one came back, and one may start"
        );
    }

    #[test]
    fn sites_that_wait_for_each_other_are_capped_and_one_alone_is_not() {
        let (us, eu) = (site("datadoghq.com"), site("datadoghq.eu"));
        let started = |sites: &[&Site]| {
            let (mut turns, mut slots) = (Turns::default(), Slots::new(256, 1_000));
            slots.limit = 200;
            for lane in 0..100 {
                for site in sites {
                    turns.push(site, Urgency::Normal, lane);
                }
            }
            start_all(&mut turns, &mut slots).len()
        };
        assert_eq!((started(&[&us]), started(&[&us, &eu])), (100, 128));
    }

    #[test]
    fn what_sites_have_in_flight_together_is_the_limit() {
        let sites = ["datadoghq.com", "datadoghq.eu", "us3.datadoghq.com"].map(site);
        let mut slots = Slots::new(256, 1_000);
        for (index, site) in (0..64).zip(sites.iter().cycle()) {
            assert!(slots.admits(site, Urgency::Normal, true), "number {index}");
            slots.start(site, Urgency::Normal, 0);
        }
        assert!(!slots.admits(&sites[0], Urgency::Normal, true));
    }

    #[test]
    fn who_waits_is_known_by_urgency_and_site() {
        let (us, eu) = (site("datadoghq.com"), site("datadoghq.eu"));
        let mut turns = Turns::default();
        let all = [
            Urgency::Normal,
            Urgency::First,
            Urgency::Again,
            Urgency::Probe,
        ];
        for (index, urgency) in all.into_iter().enumerate() {
            for lane in 0..=index {
                turns.push(&us, urgency, lane);
            }
            turns.push(&eu, urgency, index);
        }
        assert_eq!(all.map(|urgency| turns.waiting(urgency)), [2, 3, 4, 5]);
        for urgency in all {
            assert_eq!(turns.sites(urgency).collect::<Vec<_>>(), [&us, &eu]);
        }
    }

    #[test]
    fn slots_grow_only_when_missed_never_past_the_maximum_and_shrink_when_idle() {
        let us = site("datadoghq.com");
        let mut slots = Slots::new(66, 1_000);
        let deliver = |slots: &mut Slots| {
            slots.start(&us, Urgency::Normal, 0);
            slots.finish(&us, Seat::Normal, 0, true);
        };
        slots.start(&us, Urgency::Normal, 0);
        deliver(&mut slots);
        assert_eq!(slots.limit, 64, "nobody missed a slot");
        for _ in 0..10 {
            slots.missed = true;
            deliver(&mut slots);
        }
        assert_eq!(slots.limit, 66);
        slots.finish(&us, Seat::Normal, 0, false);
        assert_eq!((slots.limit, slots.in_flight()), (64, 0));
    }

    #[test]
    fn one_slot_in_all_is_never_exceeded() {
        let us = site("datadoghq.com");
        let mut slots = Slots::new(1, 1_000);
        slots.start(&us, Urgency::Normal, 0);
        assert!(!slots.admits(&us, Urgency::Probe, false));
        assert!(!slots.admits(&us, Urgency::Normal, false));
    }

    #[test]
    fn of_each_kind_what_is_in_flight_is_its_part_of_the_memory_and_one_body() {
        let us = site("datadoghq.com");
        let mut slots = Slots::new(256, 800);
        let started = [Urgency::Normal, Urgency::First, Urgency::Probe]
            .map(|urgency| 90 * fill(&mut slots, &us, urgency, 90));
        assert_eq!(started, [270, 90, 90]);
        assert!(slots.over_bytes() == 0 && !slots.missed);
        for _ in 0..3 {
            slots.grew_slow(&us, Seat::Normal, 90);
        }
        assert!(slots.admits(&us, Urgency::Normal, false));
        assert_eq!(slots.over_bytes(), 170);
        slots.finish(&us, Seat::GivenUp, 90, false);
        assert_eq!(slots.over_bytes(), 80);
        slots.finish(&us, Seat::Probe, 90, false);
        assert!(slots.admits(&us, Urgency::Probe, false));
    }

    #[test]
    fn small_bodies_fill_the_part_of_the_memory_that_their_kind_may_hold() {
        let us = site("datadoghq.com");
        let mut slots = Slots::new(256, 805);
        let started = [Urgency::Normal, Urgency::First, Urgency::Probe]
            .map(|urgency| fill(&mut slots, &us, urgency, 20));
        assert_eq!(started, [11, 3, 3], "of 201, 50 and 50 bytes");
        slots.finish(&us, Seat::First, 20, true);
        assert!(slots.admits(&us, Urgency::First, false));
        assert!(!slots.admits(&us, Urgency::Normal, false));
        slots.finish(&us, Seat::Normal, 20, true);
        assert!(slots.admits(&us, Urgency::Normal, false));
    }

    #[test]
    fn a_quarter_of_the_slots_is_kept_for_lanes_that_have_delivered_and_they_go_first() {
        let us = site("datadoghq.com");
        let (mut turns, mut slots) = (Turns::default(), Slots::new(256, 1_000));
        for lane in 0..100 {
            turns.push(&us, Urgency::First, lane);
        }
        assert_eq!(start_all(&mut turns, &mut slots).len(), 48);
        for lane in 500..600 {
            turns.push(&us, Urgency::Normal, lane);
        }
        assert_eq!(
            start_all(&mut turns, &mut slots),
            (500..516).collect::<Vec<_>>()
        );
        slots.finish(&us, Seat::First, 0, false);
        assert_eq!(start_all(&mut turns, &mut slots), [516]);
        for _ in 0..47 {
            slots.grew_slow(&us, Seat::First, 0);
        }
        let started = start_all(&mut turns, &mut slots);
        let newcomers = started.iter().filter(|lane| **lane < 500).count();
        assert_eq!((started.len(), newcomers), (94, 12), "one turn in eight");
        slots.limit = 256;
        fill(&mut slots, &us, Urgency::First, 0);
        assert_eq!(slots.in_flight(), 192);
        assert!(slots.over(Urgency::First) == 0 && slots.over(Urgency::Normal) == 0);
    }

    #[test]
    fn who_comes_for_the_first_time_has_one_turn_in_eight_of_those_who_take_all_there_is() {
        let us = site("datadoghq.com");
        let (mut turns, mut slots) = (Turns::default(), Slots::new(16, 1_000));
        for lane in 0..100 {
            turns.push(&us, Urgency::First, lane);
            turns.push(&us, Urgency::Normal, 500 + lane);
        }
        assert_eq!(
            start_all(&mut turns, &mut slots),
            [
                500, 501, 502, 503, 504, 505, 506, 0, 507, 508, 509, 510, 511, 512, 513, 1
            ]
        );
        let mut next = |seat| {
            slots.finish(&us, seat, 0, true);
            start_all(&mut turns, &mut slots)
        };
        let after: Vec<u32> = (0..9).flat_map(|_| next(Seat::Normal)).collect();
        assert_eq!(
            after,
            (514..523).collect::<Vec<_>>(),
            "two of sixteen slots are theirs, and no third"
        );
        assert_eq!(next(Seat::First), [2]);
        assert_eq!(next(Seat::Normal), [523]);
    }

    #[test]
    fn a_few_that_never_had_an_answer_start_where_all_but_one_slot_is_taken() {
        let us = site("datadoghq.com");
        let mut slots = Slots::new(4, 1_000);
        for _ in 0..3 {
            slots.start(&us, Urgency::Normal, 0);
        }
        assert!(slots.admits(&us, Urgency::First, true));
        slots.finish(&us, Seat::Normal, 0, true);
        slots.start(&us, Urgency::First, 0);
        assert!(
            !slots.admits(&us, Urgency::First, true),
            "the last one is kept for lanes that have delivered"
        );
        assert!(slots.admits(&us, Urgency::Normal, true));
    }

    #[test]
    fn new_trouble_has_every_second_turn_of_those_that_fail() {
        let us = site("datadoghq.com");
        let (mut turns, mut slots) = (Turns::default(), Slots::new(256, 1_000));
        for lane in 0..5 {
            turns.push(&us, Urgency::Probe, lane);
        }
        for lane in 10..13 {
            turns.push(&us, Urgency::Again, lane);
        }
        assert_eq!(
            start_all(&mut turns, &mut slots),
            [10, 0, 11, 1, 12, 2, 3, 4]
        );
    }

    #[test]
    fn repeats_wait_where_their_site_is_not_to_be_tried_yet() {
        let (us, eu) = (site("datadoghq.com"), site("datadoghq.eu"));
        let (mut turns, mut slots) = (Turns::default(), Slots::new(256, 1_000));
        turns.push(&us, Urgency::Probe, 1);
        turns.push(&eu, Urgency::Probe, 2);
        turns.push(&us, Urgency::Normal, 3);
        let mut pop = || {
            turns
                .pop(&mut slots, |site| *site == eu)
                .map(|(_, _, lane)| lane)
        };
        assert_eq!((pop(), pop(), pop()), (Some(3), Some(2), None));
    }
}
