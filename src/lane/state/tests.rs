//! What a lane wants, takes and counts, rule by rule.

use super::*;
use crate::delivery::Verdict;
use crate::flush::Manner;
use crate::lane::fixture::Source;
use crate::settings::{DRAIN_PAUSE, LANE_OVERHEAD_BYTES, NEW_TROUBLE_FAILURES_MAX};
use crate::tenant::{Destination, DestinationText};
use crate::wire::EventKind;

const SECOND: Duration = Duration::from_secs(1);
const NEXT: Duration = Duration::from_nanos(1);

/// A failure after which the first wait is 30 s to 60 s.
const FAILED: Verdict = Verdict::SlowRetry {
    reason: "endpoint_missing",
};

/// An attempt: its number and what it has taken along.
type Taken = (u64, Batch);

/// A lane, the time, and what was noted of it.
struct Subject {
    lane: LaneState,
    source: Source,
    limits: LaneLimits,
    notes: Notes,
    rng: fastrand::Rng,
    attempts: u64,
}

impl Subject {
    /// A lane that nothing is known of.
    fn new() -> Self {
        let source = Source::new();
        Self {
            lane: LaneState::new(1, source.now),
            limits: LaneLimits::new(&Settings::default(), Arc::clone(&source.wire)),
            source,
            notes: Notes::new(),
            rng: fastrand::Rng::with_seed(1),
            attempts: 0,
        }
    }

    /// A lane that has delivered an event.
    fn proven() -> Self {
        let mut subject = Self::new();
        subject.push(0);
        subject.deliver();
        subject.notes.clear();
        subject
    }

    /// A lane that has delivered, and holds so many events.
    fn holding(events: u64) -> Self {
        let mut subject = Self::proven();
        for _ in 0..events {
            subject.push(1);
        }
        subject
    }

    /// A lane whose body of so many events was refused a second ago.
    fn searching(events: u64) -> Self {
        let mut subject = Self::holding(events);
        let taken = subject.take();
        subject.settle(taken, Verdict::Bisect);
        subject.later(SECOND);
        subject
    }

    /// A lane whose body of so many events was too large.
    fn too_large(events: u64) -> Self {
        let mut subject = Self::holding(events);
        let (attempt, mut batch) = subject.take();
        batch.prepare(&crate::payload::Spares::default(), &*subject.limits.wire);
        subject.settle((attempt, batch), Verdict::Split);
        subject
    }

    /// A span of `epoch` comes. True when the scheduler should look.
    fn push(&mut self, epoch: u64) -> bool {
        self.push_of(EventKind::Span, epoch)
    }

    fn push_of(&mut self, kind: EventKind, epoch: u64) -> bool {
        let (event, permit) = self.source.charged(kind, "{}", epoch);
        self.lane.push(event, permit, &self.limits)
    }

    /// What is charged for such a span.
    fn cost(&self) -> usize {
        self.source
            .cost_of(&self.source.event(EventKind::Span, "{}", 0))
    }

    fn later(&mut self, by: Duration) {
        self.source.now += by;
    }

    fn next(&self) -> Next {
        self.lane.next(self.source.now, &self.limits)
    }

    fn try_take(&mut self) -> Option<Taken> {
        self.attempts += 1;
        let (now, attempt) = (self.source.now, self.attempts);
        let batch = self
            .lane
            .take(attempt, now, &self.limits, &mut self.notes)?;
        Some((attempt, batch))
    }

    fn take(&mut self) -> Taken {
        self.try_take().unwrap()
    }

    fn settle(&mut self, (attempt, batch): Taken, verdict: Verdict) {
        self.settle_with_rest((attempt, batch), None, verdict);
    }

    fn settle_with_rest(&mut self, (attempt, batch): Taken, rest: Option<Batch>, verdict: Verdict) {
        let attempted = Attempted {
            batch,
            known: Known::Nothing,
            rest,
            verdict,
            status: None,
        };
        self.lane.settle(
            attempt,
            attempted,
            self.source.now,
            &self.limits,
            &mut self.rng,
            &mut self.notes,
        );
    }

    fn deliver(&mut self) {
        let taken = self.take();
        self.settle(taken, Verdict::Delivered);
    }

    fn fail(&mut self) {
        let taken = self.take();
        self.settle(taken, FAILED);
    }

    /// What a lane that waits after a failure wants while no drain says otherwise.
    fn by_its_clocks(&self) -> Next {
        let blocked_until = self.lane.health().blocked_until(self.source.now);
        Next::Wait(blocked_until.unwrap())
    }

    /// To when the lane may try again.
    fn wait(&mut self) {
        let Next::Wait(until) = self.next() else {
            panic!("{:?}", self.next())
        };
        self.source.now = until;
    }

    fn give_way(&mut self, bytes: usize) {
        let now = self.source.now;
        self.lane
            .give_way(bytes, now, &self.limits, &mut self.notes);
    }

    fn drain(&mut self, manner: Manner, epoch: u64) {
        let next = self.attempts + 1;
        self.lane.begin_drain(manner, epoch, next, self.source.now);
    }

    fn dropped_for(&self, reason: DropReason) -> u64 {
        let losses = self.lane.counts().losses();
        losses.map_or(0, |losses| losses.dropped_for(reason))
    }

    /// What the journal heard, in events.
    fn noted(&self, outcome: Outcome) -> u64 {
        let notes = self.notes.iter();
        let notes = notes.filter(|(note, _)| note.outcome == outcome);
        notes.map(|(_, events)| events).sum()
    }

    fn failing_bytes(&self) -> usize {
        self.limits.failing.used_bytes()
    }
}

fn body_of(subject: &Subject, events: usize) -> usize {
    let wire = &subject.limits.wire;
    let event = "{}".len() + wire.envelope_bytes(EventKind::Span) + 1;
    wire.bracket_bytes(Stream::Spans) + events * event
}

/// What is charged for a lane that holds something is what it takes: the smallest queues have room for four.
#[test]
fn a_lane_with_one_event_in_an_outage_takes_what_it_is_charged_for() {
    let lane = size_of::<Work>() + size_of::<Unusual>() + size_of::<Ledger>();
    let batch = size_of::<Batch>() + 4 * (size_of::<Box<Batch>>() + size_of::<(u64, u64)>());
    let queued = 4 * size_of::<(u64, u64)>() + 4 * size_of::<Event>();
    let scheduled = 2 * size_of::<(Instant, u64)>() + 2 * size_of::<(u64, Instant, Arc<Lane>)>();
    let bytes = lane + batch + queued + scheduled;
    assert!(bytes <= LANE_OVERHEAD_BYTES, "{bytes}");
    assert!(bytes > LANE_OVERHEAD_BYTES / 2, "{bytes}");
}

#[test]
fn the_scheduler_is_told_of_a_first_event_and_of_a_full_body() {
    let mut subject = Subject::new();
    subject.limits.max_payload_bytes = body_of(&subject, 3);
    let told = [(); 4].map(|()| subject.push(1));
    assert_eq!(told, [true, false, true, false]);
}

#[test]
fn an_event_is_company_beside_another_and_until_a_linger_after_it() {
    let mut subject = Subject::new();
    subject.lane.company.stayed_away();
    let alone = subject.lane.company;
    let came = |subject: &mut Subject| {
        subject.lane.company = alone;
        subject.push(1);
        subject.lane.company != alone
    };
    assert!(!came(&mut subject), "the first there ever was");
    assert!(came(&mut subject), "beside one that waits");
    let taken = subject.take();
    assert!(came(&mut subject), "beside one in flight");
    subject.settle(taken, Verdict::Delivered);
    subject.deliver();
    subject.later(subject.limits.linger.saturating_sub(NEXT));
    assert!(came(&mut subject));
    subject.deliver();
    subject.later(subject.limits.linger);
    assert!(!came(&mut subject));
}

#[test]
fn a_lane_waits_for_company_and_then_for_a_slot() {
    let mut subject = Subject::new();
    assert_eq!(subject.next(), Next::Idle);
    for urgency in [Urgency::First, Urgency::Normal] {
        subject.push(1);
        let due = subject.source.now + subject.limits.linger;
        assert_eq!(subject.next(), Next::Wait(due));
        subject.later(subject.limits.linger);
        assert_eq!(subject.next(), Next::Ready(urgency));
        subject.lane.company.came();
        subject.deliver();
    }
    assert_eq!(subject.next(), Next::Idle);
}

#[test]
fn one_that_was_alone_for_a_linger_is_followed_by_nobody() {
    let mut subject = Subject::proven();
    let known = subject.lane.company;
    subject.later(SECOND);
    subject.push(1);
    subject.deliver();
    assert_eq!(subject.lane.company, known, "it did not wait for so long");
    subject.later(SECOND);
    subject.push(1);
    subject.later(subject.limits.linger);
    subject.deliver();
    assert_ne!(subject.lane.company, known);
}

#[test]
fn a_full_body_and_a_flush_wait_for_nobody() {
    let mut full = Subject::proven();
    full.limits.max_payload_bytes = body_of(&full, 1);
    full.push(1);
    assert_eq!(full.next(), Next::Ready(Urgency::Normal));

    let mut flushed = Subject::proven();
    flushed.push(1);
    let (waiter, _) = Waiter::new(Manner::Flush);
    waiter.begin(1);
    let lane = lane(&flushed);
    flushed
        .lane
        .begin_flush(&waiter, &lane.tenant, &lane.endpoint.site);
    assert_eq!(flushed.next(), Next::Ready(Urgency::Normal));
    assert_eq!(waiter.report().pending, 1);
    assert_eq!(waiter.report().total.delivered, 1);
}

#[test]
fn a_lane_has_as_many_requests_in_flight_as_it_may_and_one_while_it_probes() {
    let mut subject = Subject::proven();
    subject.push(1);
    let first = subject.take();
    subject.push(1);
    subject.later(SECOND);
    assert_eq!(subject.next(), Next::Ready(Urgency::Normal));
    subject.lane.grew_slow();
    assert_eq!(subject.next(), Next::Idle);
    subject.settle(first, Verdict::Delivered);
    let second = subject.take();
    subject.push(1);
    let third = subject.take();
    subject.push(1);
    subject.later(SECOND);
    assert_eq!(subject.next(), Next::Idle, "two are in flight");
    subject.settle(second, Verdict::Delivered);
    subject.settle(third, Verdict::Delivered);
    assert_eq!(subject.next(), Next::Ready(Urgency::Normal));
}

#[test]
fn a_lane_that_searches_what_is_refused_has_one_request_in_flight() {
    let mut subject = Subject::searching(4);
    assert_eq!(subject.next(), Next::Ready(Urgency::Normal));
    let (_, batch) = subject.take();
    assert_eq!((batch.portion.events, batch.known), (2, Known::Refused));
    subject.push(1);
    subject.later(SECOND);
    assert_eq!(subject.next(), Next::Idle);
}

#[test]
fn a_failing_lane_waits_and_then_tries_by_the_age_of_its_trouble() {
    let mut subject = Subject::proven();
    subject.limits.max_retry_age = Duration::MAX;
    subject.push(1);
    for _ in 0..NEW_TROUBLE_FAILURES_MAX {
        subject.fail();
        subject.wait();
        assert_eq!(subject.next(), Next::Ready(Urgency::Again));
    }
    subject.fail();
    subject.wait();
    assert_eq!(subject.next(), Next::Ready(Urgency::Probe));

    let mut unproven = Subject::new();
    unproven.push(1);
    unproven.fail();
    unproven.wait();
    assert_eq!(unproven.next(), Next::Ready(Urgency::Probe));
    for (urgency, is_of_the_failing) in [
        (Urgency::Normal, false),
        (Urgency::First, false),
        (Urgency::Again, true),
        (Urgency::Probe, true),
    ] {
        assert_eq!(urgency.is_of_the_failing(), is_of_the_failing);
    }
}

#[test]
fn the_first_body_of_a_lane_is_small_and_those_after_a_delivery_are_not() {
    let mut subject = Subject::new();
    subject.limits.max_payload_bytes = body_of(&subject, 3);
    subject.limits.max_first_payload_bytes = body_of(&subject, 2);
    for _ in 0..5 {
        subject.push(1);
    }
    let (attempt, batch) = subject.take();
    assert_eq!(batch.events(), 2);
    subject.settle((attempt, batch), Verdict::Delivered);
    assert_eq!(subject.take().1.events(), 3);
}

#[test]
fn repeats_go_first_and_then_the_stream_that_waits_longest() {
    let mut subject = Subject::proven();
    subject.push_of(EventKind::Evaluation, 1);
    subject.later(SECOND);
    subject.push(1);
    let (attempt, batch) = subject.take();
    assert_eq!(batch.stream, Stream::Evaluations);
    subject.settle((attempt, batch), Verdict::Uncompressed);
    let (_, again) = subject.take();
    assert!(again.stream == Stream::Evaluations && again.uncompressed);
    assert_eq!(subject.take().1.stream, Stream::Spans);
    assert!(subject.try_take().is_none());
}

#[test]
fn what_is_too_old_is_dropped_when_its_turn_comes() {
    for is_tried in [false, true] {
        for (age, dropped) in [(EVENT_AGE_MAX.saturating_sub(NEXT), 0), (EVENT_AGE_MAX, 1)] {
            let mut subject = Subject::proven();
            subject.push(1);
            if is_tried {
                let taken = subject.take();
                subject.settle(taken, Verdict::Uncompressed);
            }
            subject.later(age);
            assert_eq!(subject.try_take().is_some(), dropped == 0);
            assert_eq!(subject.dropped_for(DropReason::TooOld), dropped);
            assert_eq!(subject.noted(Outcome::Dropped), dropped);
            assert_eq!(subject.notes.len() as u64, dropped, "no note of nothing");
            assert!(subject.lane.counts().balanced());
        }
    }
}

#[test]
fn spans_whose_context_disagreed_are_counted_beside_the_others() {
    let mut subject = Subject::new();
    subject.push(0);
    subject.lane.note_tenant_mismatch(2, &subject.limits);
    subject.lane.note_tenant_mismatch(1, &subject.limits);
    let counts = subject.lane.counts();
    let noted = |counts: &Counts| counts.losses().map(|losses| losses.tenant_mismatch);
    assert_eq!(
        (noted(counts), counts.submitted(), counts.held()),
        (Some(3), 1, 1)
    );
    assert_eq!(noted(&subject.limits.sum.counts()), Some(3));
}

#[test]
fn what_an_attempt_took_along_is_dropped_with_it_and_nothing_else() {
    let mut subject = Subject::proven();
    subject.push(1);
    let first = subject.take();
    subject.push(2);
    let second = subject.take();
    let now = subject.source.now;
    for attempt in [first.0, 99] {
        let reason = DropReason::InternalError;
        subject
            .lane
            .drop_in_flight(attempt, reason, now, &subject.limits, &mut subject.notes);
        assert_eq!(subject.dropped_for(reason), 1);
        assert_eq!(subject.noted(Outcome::Dropped), 1);
    }
    assert_eq!(subject.lane.counts().held(), 1);
    assert_eq!(subject.lane.held_bytes(), subject.cost());
    subject.settle(second, Verdict::Delivered);
    assert_eq!(subject.lane.counts().delivered(), 2);
    assert!(subject.lane.is_bare());
}

#[test]
fn attempts_without_a_scheduler_are_dropped_together() {
    let mut subject = Subject::proven();
    for epoch in [1, 2] {
        subject.push(epoch);
        subject.take();
    }
    subject.later(SECOND);
    let now = subject.source.now;
    subject
        .lane
        .drop_all_in_flight(now, &subject.limits, &mut subject.notes);
    assert_eq!(subject.dropped_for(DropReason::InternalError), 2);
    assert_eq!(subject.lane.idle_since(), Some(now));
    assert!(subject.lane.is_bare());
}

#[test]
fn a_lane_that_closes_drops_what_waits_and_refuses_what_comes() {
    let mut subject = Subject::proven();
    subject.push(1);
    subject.fail();
    subject.wait();
    let flying = subject.take();
    subject.push(1);
    subject.push_of(EventKind::Evaluation, 1);
    subject.lane.close(&subject.limits, &mut subject.notes);
    assert_eq!(subject.dropped_for(DropReason::Shutdown), 2);
    assert!(!subject.push(1));
    assert_eq!(subject.dropped_for(DropReason::Shutdown), 3);
    assert_eq!(subject.lane.counts().held(), 1);
    assert_eq!(subject.failing_bytes(), subject.cost());
    subject.settle(flying, FAILED);
    assert_eq!(subject.dropped_for(DropReason::Shutdown), 4);
    assert_eq!(
        subject.noted(Outcome::Dropped),
        3,
        "a refusal has no place here"
    );
    assert_eq!(subject.failing_bytes(), 0);
    assert!(subject.lane.counts().balanced());
}

#[test]
fn what_waits_for_its_repeat_is_dropped_by_a_close() {
    let mut subject = Subject::proven();
    subject.push(1);
    subject.fail();
    assert_eq!(subject.failing_bytes(), subject.cost());
    subject.lane.close(&subject.limits, &mut subject.notes);
    assert_eq!(subject.dropped_for(DropReason::Shutdown), 1);
    assert_eq!(subject.failing_bytes(), 0);
}

#[test]
fn a_lane_is_idle_from_its_last_event_until_the_next() {
    let mut subject = Subject::new();
    assert_eq!(subject.lane.idle_since(), Some(subject.source.now));
    assert!(subject.lane.is_bare());
    subject.push(1);
    assert_eq!(subject.lane.idle_since(), None);
    assert!(!subject.lane.is_bare());
    let taken = subject.take();
    subject.later(SECOND);
    assert_eq!(subject.lane.idle_since(), None);
    subject.settle(taken, Verdict::Delivered);
    assert_eq!(subject.lane.idle_since(), Some(subject.source.now));
    assert_eq!(subject.lane.last_success(), Some(subject.source.now));
    assert!(subject.lane.is_bare());
}

#[test]
fn a_lane_whose_last_event_gave_way_is_not_idle_while_an_attempt_is_on_its_way() {
    let mut subject = Subject::proven();
    subject.push(1);
    let (attempt, mut batch) = subject.take();
    let front = batch.runs.take_front(1);
    subject
        .lane
        .ledger
        .drop_held(&front, DropReason::Evicted, &subject.limits.sum);
    assert_eq!(subject.lane.counts().held(), 0);
    assert_eq!(subject.lane.idle_since(), None);
    subject.settle((attempt, batch), Verdict::Delivered);
    assert_eq!(subject.lane.idle_since(), Some(subject.source.now));
}

#[test]
fn a_lane_forgets_its_trouble_with_the_success_that_ends_it() {
    let mut subject = Subject::proven();
    subject.push(1);
    subject.fail();
    assert_eq!(subject.lane.last_error(), Some("endpoint_missing"));
    subject.wait();
    subject.deliver();
    assert!(subject.lane.unusual.is_none());
    assert_eq!(subject.lane.last_error(), None);
    assert_eq!(subject.noted(Outcome::Recovered), 1);
}

#[test]
fn a_lane_remembers_a_rejection_a_size_and_a_successor_while_all_else_is_well() {
    let mut rejected = Subject::proven();
    rejected.push(1);
    let taken = rejected.take();
    rejected.settle(taken, Verdict::Reject { status: 405 });
    assert_eq!(rejected.lane.last_error(), Some("http 405"));
    assert_eq!(rejected.lane.counts().rejected(), 1);
    assert_eq!(rejected.noted(Outcome::Rejected), 1);

    let mut large = Subject::too_large(2);
    large.later(SECOND);
    large.deliver();
    assert!(large.lane.last_error().is_none());
    assert_ne!(large.lane.search().portion().bytes, usize::MAX);

    let mut rotated = Subject::proven();
    let successor = lane(&rotated);
    rotated.lane.set_successor(None);
    assert!(rotated.lane.unusual.is_none());
    rotated.lane.set_successor(Some(Arc::clone(&successor)));
    rotated.push(1);
    rotated.deliver();
    assert!(Arc::ptr_eq(&rotated.lane.successor().unwrap(), &successor));
    rotated.lane.set_successor(None);
    assert!(rotated.lane.successor().is_none());
}

#[test]
fn an_event_that_is_too_large_alone_says_nothing_of_the_bodies_of_others() {
    let size_after = |events| Subject::too_large(events).lane.search().portion().bytes;
    assert_eq!(size_after(1), usize::MAX);
    assert!(size_after(2) < usize::MAX);
}

fn lane(subject: &Subject) -> Arc<Lane> {
    let text = DestinationText::new("a-key", "datadoghq.com");
    let destination = Destination::parse(text, &[]).unwrap();
    let tenant = Arc::new(Tenant::new("acme".into()));
    let state = LaneState::new(2, subject.source.now);
    Arc::new(Lane::new(2, destination, tenant, state))
}

#[test]
fn a_lane_stands_as_its_last_attempt_ended() {
    let mut subject = Subject::new();
    assert_eq!(subject.lane.standing(), Standing::Unproven);
    subject.push(1);
    subject.fail();
    assert_eq!(subject.lane.standing(), Standing::Failing);
    subject.wait();
    subject.deliver();
    assert_eq!(subject.lane.standing(), Standing::Proven);
    subject.lane.grew_slow();
    assert_eq!(subject.lane.standing(), Standing::Slow);
}

#[test]
fn what_waits_is_what_is_not_in_flight_and_both_are_held() {
    let mut subject = Subject::proven();
    assert_eq!(
        (subject.lane.waiting(), subject.lane.held_bytes()),
        (None, 0)
    );
    let cost = subject.cost();
    let began = subject.source.now;
    subject.push(1);
    assert_eq!(subject.lane.waiting(), Some((began, cost)));
    let flying = subject.take();
    assert_eq!(subject.lane.waiting(), None);
    assert_eq!(subject.lane.held_bytes(), cost);
    subject.later(SECOND);
    subject.push(1);
    subject.push(1);
    assert_eq!(subject.lane.waiting(), Some((began + SECOND, 2 * cost)));
    assert_eq!(subject.lane.held_bytes(), 3 * cost);
    subject.settle(flying, FAILED);
    assert_eq!(subject.lane.waiting(), Some((began, 3 * cost)));
    assert_eq!(subject.lane.held_bytes(), 3 * cost);
}

#[test]
fn a_lane_gives_way_by_single_events_until_there_is_room() {
    for (more, given_up) in [(0, 2), (1, 3)] {
        let mut subject = Subject::proven();
        for _ in 0..4 {
            subject.push(1);
        }
        let cost = subject.cost();
        subject.give_way(0);
        assert_eq!(
            (
                subject.dropped_for(DropReason::Evicted),
                subject.notes.len()
            ),
            (0, 0)
        );
        subject.give_way(2 * cost + more);
        assert_eq!(subject.dropped_for(DropReason::Evicted), given_up);
        assert_eq!(subject.noted(Outcome::Dropped), given_up);
        assert_eq!(subject.lane.counts().held(), 4 - given_up);
        subject.give_way(usize::MAX);
        assert_eq!(subject.lane.counts().held(), 0);
        assert!(subject.lane.is_bare());
    }
}

#[test]
fn a_batch_that_was_tried_gives_way_whole_and_before_what_is_as_old() {
    let mut subject = Subject::proven();
    subject.push(1);
    subject.push(1);
    subject.push_of(EventKind::Evaluation, 1);
    subject.fail();
    let cost = subject.cost();
    subject.give_way(1);
    assert_eq!(subject.dropped_for(DropReason::Evicted), 2);
    assert!(subject.failing_bytes() < cost, "the evaluation is left");
    assert_eq!(subject.failing_bytes(), subject.lane.held_bytes());
    subject.give_way(1);
    assert_eq!(subject.dropped_for(DropReason::Evicted), 3);
    assert_eq!(subject.failing_bytes(), 0);
}

#[test]
fn while_a_lane_fails_all_it_holds_is_charged_to_the_failing() {
    let mut subject = Subject::proven();
    let cost = subject.cost();
    subject.push(1);
    assert_eq!(subject.failing_bytes(), 0);
    subject.fail();
    assert_eq!(subject.failing_bytes(), cost);
    subject.push(1);
    assert_eq!(subject.failing_bytes(), 2 * cost);
    subject.wait();
    let taken = subject.take();
    assert_eq!(subject.failing_bytes(), 2 * cost, "in flight as well");
    subject.settle(taken, Verdict::Delivered);
    assert_eq!(subject.lane.held_bytes(), cost);
    assert_eq!(subject.failing_bytes(), 0);
}

#[test]
fn a_partly_delivered_batch_is_counted_by_what_the_intake_says() {
    for (rejected, delivered) in [(1, 2), (3, 0)] {
        let mut subject = Subject::proven();
        for _ in 0..3 {
            subject.push(1);
        }
        let taken = subject.take();
        subject.settle(taken, Verdict::PartlyDelivered { rejected });
        let counts = subject.lane.counts();
        assert_eq!(counts.delivered(), 1 + delivered);
        assert_eq!(counts.losses().unwrap().rejected, [(200, rejected)].into());
        assert_eq!(subject.noted(Outcome::Delivered), delivered);
        assert_eq!(subject.notes.len(), if delivered > 0 { 2 } else { 1 });
    }
}

#[test]
fn a_refused_single_event_is_rejected_and_more_are_searched() {
    for verdict in [Verdict::Split, Verdict::Bisect] {
        let known = if verdict == Verdict::Bisect {
            Known::Refused
        } else {
            Known::Nothing
        };
        let mut subject = Subject::proven();
        subject.push(1);
        subject.push(1);
        let taken = subject.take();
        subject.settle(taken, verdict);
        assert_eq!(subject.lane.counts().held(), 2);
        subject.later(SECOND);
        let (attempt, mut front) = subject.take();
        assert_eq!(front.known, known);
        assert_eq!(front.first_attempt.unwrap().0, subject.source.now);
        front.portion.events = 1;
        let rest = front.cut(&*subject.limits.wire).unwrap();
        subject.settle_with_rest((attempt, front), Some(rest), verdict);
        assert_eq!(subject.lane.counts().rejected(), 1);
        assert_eq!(subject.lane.counts().held(), 1);
        subject.later(SECOND);
        let (attempt, rest) = subject.take();
        assert_eq!(rest.known, Known::Nothing, "another one was it");
        subject.settle((attempt, rest), Verdict::Delivered);
        assert!(subject.lane.counts().balanced());
    }
}

#[test]
fn what_is_left_of_a_taken_front_is_what_is_refused() {
    let mut subject = Subject::searching(4);
    let (attempt, mut front) = subject.take();
    let rest = front.cut(&*subject.limits.wire).unwrap();
    let tried = rest.first_attempt;
    subject.settle_with_rest((attempt, front), Some(rest), Verdict::Delivered);
    let (_, rest) = subject.take();
    assert_eq!((rest.events(), rest.known), (2, Known::Refused));
    assert_eq!(rest.first_attempt, tried);
}

#[test]
fn the_groups_of_a_search_grow_with_what_the_intake_takes() {
    let mut subject = Subject::searching(8);
    subject.push(2);
    let (attempt, mut front) = subject.take();
    let rest = front.cut(&*subject.limits.wire);
    subject.settle_with_rest((attempt, front), rest, Verdict::Delivered);
    assert_eq!(subject.lane.search().portion().events, 4);
    subject.deliver();
    assert_eq!(subject.lane.search().portion().events, 8);
    subject.deliver();
    assert!(subject.lane.unusual.is_none(), "nothing is left to search");
}

#[test]
fn a_batch_is_retried_for_as_long_as_it_may_be_and_while_the_key_is_refused() {
    for (age, dropped) in [(SECOND.saturating_sub(NEXT), 0), (SECOND, 1)] {
        let mut subject = Subject::proven();
        subject.limits.max_retry_age = SECOND;
        subject.push(1);
        let taken = subject.take();
        subject.later(age);
        subject.settle(taken, FAILED);
        assert_eq!(subject.dropped_for(DropReason::Expired), dropped);
        assert_eq!(subject.noted(Outcome::Retrying), 1);
    }
    let mut parked = Subject::proven();
    parked.limits.max_retry_age = SECOND;
    parked.push(1);
    let taken = parked.take();
    parked.later(2 * SECOND);
    parked.settle(taken, Verdict::Park);
    assert_eq!(parked.lane.parked_since(), Some(parked.source.now));
    assert_eq!(
        (parked.noted(Outcome::Parked), parked.lane.counts().held()),
        (1, 1)
    );
    parked.wait();
    let taken = parked.take();
    parked.settle(taken, Verdict::Park);
    assert_eq!(parked.noted(Outcome::Parked), 1, "it is known");
}

#[test]
fn what_may_have_arrived_twice_is_counted() {
    for (is_maybe, twice) in [(true, 2), (false, 0)] {
        let mut subject = Subject::proven();
        subject.push(1);
        let taken = subject.take();
        let fresh = Verdict::RetryFresh {
            maybe_duplicate: is_maybe,
        };
        subject.settle(taken, fresh);
        let taken = subject.take();
        assert!(taken.1.fresh_connection);
        let again = Verdict::Retry {
            reason: "timeout",
            hint: None,
            maybe_duplicate: is_maybe,
        };
        subject.settle(taken, again);
        let losses = subject.lane.counts().losses();
        assert_eq!(losses.map_or(0, |losses| losses.maybe_duplicate), twice);
    }
}

#[test]
fn an_answer_about_the_payload_ends_a_suspicion() {
    for verdict in [
        Verdict::Uncompressed,
        Verdict::Reject { status: 405 },
        Verdict::Bisect,
    ] {
        let mut subject = Subject::proven();
        subject.push(1);
        subject.push(1);
        let taken = subject.take();
        subject.lane.grew_slow();
        subject.settle(taken, verdict);
        assert_eq!(subject.lane.standing(), Standing::Proven);
    }
}

#[test]
fn what_waits_moves_to_the_lane_of_the_new_key_and_what_is_in_flight_does_not() {
    let mut subject = Subject::proven();
    subject.push(1);
    let flying = subject.take();
    subject.push(2);
    subject.fail();
    subject.push(3);
    subject.push_of(EventKind::Evaluation, 3);
    let waiting = subject.lane.waiting();
    let successor = lane(&subject);
    let mut new = successor.state();
    let handover = subject.lane.hand_over();
    assert_eq!(subject.lane.waiting(), None);
    assert_eq!(subject.lane.counts().held(), 1);
    assert_eq!(subject.failing_bytes(), subject.cost());
    new.take_over(handover, &successor.tenant, &successor.endpoint.site);
    assert_eq!((new.waiting(), new.counts().held()), (waiting, 3));
    assert_eq!(subject.limits.sum.counts().held(), 4);
    subject.settle(flying, Verdict::Delivered);
    assert!(subject.lane.is_bare());

    subject.later(SECOND);
    let now = subject.source.now;
    let mut epochs = Vec::new();
    while let Some(batch) = new.take(1, now, &subject.limits, &mut subject.notes) {
        assert_eq!(batch.first_attempt, Some((now, Duration::ZERO)));
        epochs.extend(batch.runs.iter());
    }
    assert_eq!(epochs, [(2, 1), (3, 1), (3, 1)], "repeats first");
}

#[test]
fn a_lane_that_hands_over_all_it_has_keeps_no_memory_for_it() {
    let mut subject = Subject::proven();
    subject.push(1);
    drop(subject.lane.hand_over());
    assert!(subject.lane.is_bare());
    assert_eq!(subject.source.total.used_bytes(), 0);
}

const DRAIN: Manner = Manner::Drain { anew: false };

/// A failure that passes, and costs a drain one try.
const AGAIN: Verdict = Verdict::Retry {
    reason: "timeout",
    hint: None,
    maybe_duplicate: false,
};

#[test]
fn a_drain_and_a_close_try_at_once_and_a_flush_by_the_clocks() {
    for (manner, is_ready) in [(Manner::Flush, false), (Manner::Close, true), (DRAIN, true)] {
        let mut subject = Subject::proven();
        subject.drain(manner, 1);
        assert!(subject.lane.is_bare(), "it holds nothing");
        subject.push(1);
        subject.fail();
        subject.drain(manner, 1);
        assert_eq!(matches!(subject.next(), Next::Ready(_)), is_ready);
        if is_ready {
            subject.fail();
            assert!(matches!(subject.next(), Next::Wait(_)), "once");
        }
    }
}

#[test]
fn a_lane_that_was_well_has_two_tries_and_one_that_fails_one() {
    let mut well = Subject::proven();
    well.push(1);
    well.drain(DRAIN, 1);
    let again = Verdict::Retry {
        reason: "timeout",
        hint: Some(DRAIN_PAUSE),
        maybe_duplicate: false,
    };
    let taken = well.take();
    well.settle(taken, again);
    assert!(well.lane.is_undecided());
    let pause = well.source.now + DRAIN_PAUSE;
    assert_eq!(well.next(), Next::Wait(pause));
    well.wait();
    let taken = well.take();
    well.settle(taken, again);
    assert!(!well.lane.is_undecided());

    let mut failing = Subject::proven();
    failing.push(1);
    failing.fail();
    failing.drain(DRAIN, 1);
    assert!(failing.lane.is_undecided());
    let taken = failing.take();
    failing.settle(taken, again);
    assert!(!failing.lane.is_undecided());
    assert_eq!(failing.lane.counts().held(), 1, "the process may go on");
}

#[test]
fn a_refusal_or_a_long_wait_costs_all_tries() {
    for verdict in [
        FAILED,
        Verdict::Park,
        Verdict::Retry {
            reason: "rate_limited",
            hint: Some(DRAIN_PAUSE + NEXT),
            maybe_duplicate: false,
        },
    ] {
        let mut subject = Subject::proven();
        subject.push(1);
        subject.drain(DRAIN, 1);
        let taken = subject.take();
        subject.settle(taken, verdict);
        assert!(!subject.lane.is_undecided());
        assert_eq!(subject.next(), subject.by_its_clocks());
    }
}

#[test]
fn in_a_drain_what_began_before_costs_nothing_and_a_success_gives_all_tries_back() {
    let mut subject = Subject::proven();
    subject.push(1);
    let before = subject.take();
    subject.push(1);
    subject.drain(DRAIN, 1);
    subject.settle(before, FAILED);
    assert!(subject.lane.is_undecided());
    assert!(
        matches!(subject.next(), Next::Ready(_)),
        "its own try is left"
    );
    let repeat = subject.take();
    let other = subject.take();
    subject.settle(repeat, AGAIN);
    assert!(subject.lane.is_undecided());
    subject.settle(other, AGAIN);
    assert!(
        subject.lane.is_undecided(),
        "it began together with one that failed"
    );
    subject.wait();
    let (attempt, batch) = subject.take();
    subject.settle((attempt, batch), Verdict::Delivered);
    for is_undecided in [true, false] {
        let taken = subject.take();
        subject.settle(taken, AGAIN);
        assert_eq!(subject.lane.is_undecided(), is_undecided);
        subject.later(60 * SECOND);
    }
}

#[test]
fn a_lane_is_given_up_once_nothing_of_it_is_in_flight() {
    let mut subject = Subject::proven();
    subject.push(1);
    subject.push_of(EventKind::Evaluation, 1);
    subject.drain(DRAIN, 1);
    let (one, other) = (subject.take(), subject.take());
    subject.settle(one, FAILED);
    assert!(subject.lane.is_undecided());
    subject.settle(other, FAILED);
    assert!(!subject.lane.is_undecided());
}

#[test]
fn a_lane_that_was_given_up_tries_again_for_what_is_new_or_when_it_is_told_to() {
    let given_up = || {
        let mut subject = Subject::proven();
        subject.push(1);
        subject.drain(DRAIN, 1);
        subject.fail();
        assert!(!subject.lane.is_undecided());
        subject
    };
    let mut subject = given_up();
    subject.drain(DRAIN, 2);
    assert!(!subject.lane.is_undecided(), "nothing came");
    subject.push(2);
    assert!(subject.lane.is_undecided());
    assert_eq!(
        (subject.lane.held_after(1), subject.lane.held_after(2)),
        (1, 0)
    );
    subject.drain(DRAIN, 2);
    assert!(subject.lane.is_undecided());
    assert!(matches!(subject.next(), Next::Ready(_)));

    for manner in [Manner::Drain { anew: true }, Manner::Close] {
        let mut subject = given_up();
        subject.drain(manner, 1);
        assert!(subject.lane.is_undecided());
        assert!(matches!(subject.next(), Next::Ready(_)));
    }
}

#[test]
fn a_drain_that_goes_on_covers_more_and_gives_no_try_back() {
    let mut subject = Subject::proven();
    subject.push(1);
    subject.drain(DRAIN, 1);
    let taken = subject.take();
    subject.settle(taken, AGAIN);
    let pause = subject.next();
    subject.push(2);
    subject.drain(DRAIN, 2);
    assert_eq!(subject.next(), pause);
    subject.wait();
    let taken = subject.take();
    subject.drain(DRAIN, 2);
    assert!(matches!(subject.next(), Next::Idle), "one is in flight");
    subject.settle(taken, AGAIN);
    assert!(!subject.lane.is_undecided(), "the new event is covered");
}

#[test]
fn a_lane_is_given_up_when_the_time_is_over_and_until_something_new_comes() {
    let mut subject = Subject::proven();
    subject.lane.give_up(1);
    assert!(subject.lane.is_bare() && !subject.lane.is_undecided());
    subject.push(1);
    assert!(subject.lane.is_undecided());
    subject.lane.give_up(1);
    assert!(!subject.lane.is_undecided());
    subject.push(2);
    assert!(subject.lane.is_undecided());
}

#[test]
fn a_close_gives_no_lane_up() {
    let mut subject = Subject::proven();
    subject.push(1);
    subject.drain(Manner::Close, 1);
    for _ in 0..3 {
        subject.fail();
        assert!(subject.lane.is_undecided());
        subject.wait();
    }
    subject.deliver();
    assert!(!subject.lane.is_undecided());
}

#[test]
fn after_its_first_try_in_a_close_a_lane_goes_by_its_clocks_until_it_closes_again() {
    let mut subject = Subject::proven();
    subject.push(1);
    subject.drain(Manner::Close, 1);
    let taken = subject.take();
    subject.settle(taken, AGAIN);
    assert_eq!(subject.next(), subject.by_its_clocks());
    subject.drain(Manner::Close, 1);
    assert!(matches!(subject.next(), Next::Ready(_)));
}

#[test]
fn what_is_sent_again_at_once_costs_no_try_and_gives_none_back() {
    for at_once in [
        Verdict::Uncompressed,
        Verdict::RetryFresh {
            maybe_duplicate: false,
        },
    ] {
        let mut subject = Subject::proven();
        subject.push(1);
        subject.drain(DRAIN, 1);
        for (verdict, is_undecided) in [
            (at_once, true),
            (AGAIN, true),
            (at_once, true),
            (AGAIN, false),
        ] {
            let taken = subject.take();
            subject.settle(taken, verdict);
            assert_eq!(subject.lane.is_undecided(), is_undecided, "{verdict:?}");
        }
    }
}

#[test]
fn a_drain_ends_with_what_it_covers() {
    let mut subject = Subject::proven();
    subject.push(1);
    subject.drain(DRAIN, 1);
    let taken = subject.take();
    subject.push(2);
    subject.settle(taken, Verdict::Delivered);
    assert!(subject.lane.drain_at().is_none());
    assert!(subject.lane.work().drain.is_none());
    assert!(
        subject.lane.is_undecided(),
        "what came later is not covered"
    );
}
