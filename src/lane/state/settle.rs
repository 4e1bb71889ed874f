//! What becomes of a batch whose attempt came back.
//!
//! Pure, like its parent. [`LaneState::undeliverable`] is the one place that decides about a batch that cannot
//! be delivered now: keep it for later or drop it with a reason.

use tokio::time::Instant;

use super::{Attempted, LaneLimits, LaneState, Notes, Unusual};
use crate::delivery::Verdict;
use crate::delivery::backoff::Backoff;
use crate::journal::{Note, Outcome};
use crate::lane::batch::{Batch, Known, Runs};
use crate::stats::DropReason;

impl LaneState {
    /// Decides about an attempt that came back.
    pub fn settle(
        &mut self,
        attempt: u64,
        attempted: Attempted,
        now: Instant,
        limits: &LaneLimits,
        rng: &mut fastrand::Rng,
        notes: &mut Notes,
    ) {
        self.work_mut().in_flight.retain(|it| it.attempt != attempt);
        let Attempted {
            mut batch,
            known,
            rest,
            verdict,
            status,
        } = attempted;
        self.keep_rest(rest, &verdict);
        self.drain_settled(attempt, &verdict, now);
        match verdict {
            Verdict::Delivered => {
                self.delivered(&batch.runs, now, limits, notes);
                self.taken(known, limits);
            }
            Verdict::PartlyDelivered { rejected } => {
                // Which ones it does not say: the oldest stand for them.
                let rejected = batch.runs.take_front(rejected);
                if batch.events() > 0 {
                    self.delivered(&batch.runs, now, limits, notes);
                }
                self.rejected(&rejected, status.unwrap_or(200), "in_answer", limits, notes);
            }
            Verdict::Retry {
                reason,
                hint,
                maybe_duplicate,
            } => {
                if maybe_duplicate {
                    self.ledger
                        .note_maybe_duplicate(batch.events(), &limits.sum);
                }
                self.failed(reason, status, batch.events(), notes);
                self.health_mut().failed(now, hint, &Backoff::retry(), rng);
                self.undeliverable(batch, now, limits, notes);
            }
            Verdict::SlowRetry { reason } => {
                self.failed(reason, status, batch.events(), notes);
                self.health_mut().failed(now, None, &Backoff::slow(), rng);
                self.undeliverable(batch, now, limits, notes);
            }
            Verdict::RetryFresh { maybe_duplicate } => {
                if maybe_duplicate {
                    self.ledger
                        .note_maybe_duplicate(batch.events(), &limits.sum);
                }
                batch.fresh_connection = true;
                self.again(batch);
            }
            Verdict::Uncompressed => {
                batch.uncompressed = true;
                self.again(batch);
            }
            Verdict::Park => {
                self.failed("key_refused", status, batch.events(), notes);
                self.park(batch.events(), status, now, rng, notes);
                self.undeliverable(batch, now, limits, notes);
            }
            Verdict::Split | Verdict::Bisect => {
                self.refused(&batch, known, &verdict, now);
                if batch.events() > 1 {
                    // Who answers does not fail: it has all of its time.
                    batch.first_attempt = None;
                    if verdict == Verdict::Bisect {
                        batch.known = Known::Refused;
                    }
                    self.again(batch);
                } else {
                    self.rejected(
                        &batch.runs,
                        status.unwrap_or(400),
                        "http_status",
                        limits,
                        notes,
                    );
                }
            }
            Verdict::Reject { status } => {
                self.rejected(&batch.runs, status, "http_status", limits, notes);
            }
        }
        self.note_if_idle(now);
    }

    /// What of a batch was not sent waits where it was. Once the front of a refused one is taken, it is the rest that is
    /// refused.
    fn keep_rest(&mut self, rest: Option<Batch>, verdict: &Verdict) {
        let Some(mut rest) = rest else { return };
        if *verdict != Verdict::Delivered {
            rest.known = Known::Nothing;
        }
        if matches!(verdict, Verdict::Split | Verdict::Bisect) {
            rest.first_attempt = None;
        }
        self.work_mut().retries.push_front(Box::new(rest));
    }

    /// The intake took a body: what was learnt of refusals grows old.
    fn taken(&mut self, known: Known, limits: &LaneLimits) {
        if let Some(unusual) = &mut self.unusual
            && !unusual.search.is_blank()
        {
            unusual.search.taken(known, limits.max_payload_bytes);
        }
    }

    /// The intake refused a body for what is in it or for its size. The lane pauses, so that a search is no storm.
    fn refused(&mut self, batch: &Batch, known: Known, verdict: &Verdict, now: Instant) {
        let events = usize::try_from(batch.events()).unwrap_or(usize::MAX);
        let body_bytes = batch.body().map(|body| body.len());
        let Unusual { search, health, .. } = self.unusual_mut();
        if *verdict == Verdict::Split {
            search.too_large(body_bytes.filter(|_| events > 1));
        } else {
            search.refused(events, known);
        }
        health.pause(now, search.pause());
    }

    fn delivered(&mut self, runs: &Runs, now: Instant, limits: &LaneLimits, notes: &mut Notes) {
        self.ledger.deliver(runs, &limits.sum);
        notes.push((
            Note {
                outcome: Outcome::Delivered,
                reason: "",
                status: None,
            },
            runs.events(),
        ));
        let unusual = self.unusual.as_mut();
        if unusual.is_some_and(|unusual| {
            unusual.last_error = None;
            unusual.health.succeeded()
        }) {
            notes.push((
                Note {
                    outcome: Outcome::Recovered,
                    reason: "",
                    status: None,
                },
                runs.events(),
            ));
        }
        self.last_success = Some(now);
    }

    fn rejected(
        &mut self,
        runs: &Runs,
        status: u16,
        reason: &'static str,
        limits: &LaneLimits,
        notes: &mut Notes,
    ) {
        self.answered();
        let error = format!("http {status}");
        self.ledger.reject(runs, status, &error, &limits.sum);
        self.unusual_mut().last_error = Some(error.into());
        notes.push((
            Note {
                outcome: Outcome::Rejected,
                reason,
                status: Some(status),
            },
            runs.events(),
        ));
    }

    fn failed(
        &mut self,
        reason: &'static str,
        status: Option<u16>,
        events: u64,
        notes: &mut Notes,
    ) {
        let error: Box<str> = status.map_or_else(
            || reason.into(),
            |status| format!("{reason} (http {status})").into(),
        );
        self.ledger.note_failure(&error);
        self.unusual_mut().last_error = Some(error);
        notes.push((
            Note {
                outcome: Outcome::Retrying,
                reason,
                status,
            },
            events,
        ));
    }

    fn park(
        &mut self,
        events: u64,
        status: Option<u16>,
        now: Instant,
        rng: &mut fastrand::Rng,
        notes: &mut Notes,
    ) {
        if self.health_mut().park(now, rng) {
            let note = Note {
                outcome: Outcome::Parked,
                reason: "key_refused",
                status,
            };
            notes.push((note, events));
        }
    }

    /// The one place that decides about a batch that could not be delivered now.
    fn undeliverable(
        &mut self,
        batch: Batch,
        now: Instant,
        limits: &LaneLimits,
        notes: &mut Notes,
    ) {
        self.count_as_failing(limits);
        if self.closed {
            return self.drop_held(&batch.runs, DropReason::Shutdown, limits, notes);
        }
        let parked = self.health().parked_since().is_some();
        if !parked && batch.retry_age(now, self.health().excused()) >= limits.max_retry_age {
            return self.drop_held(&batch.runs, DropReason::Expired, limits, notes);
        }
        self.work_mut().retries.push_back(Box::new(batch));
    }

    fn answered(&mut self) {
        if let Some(unusual) = &mut self.unusual {
            unusual.health.answered();
        }
    }

    fn again(&mut self, batch: Batch) {
        self.answered();
        self.work_mut().retries.push_front(Box::new(batch));
    }
}
