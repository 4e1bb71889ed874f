//! What the end of the process changes for a lane: all it holds is due at once, a failing lane has one last try, and
//! then nobody waits for it.
//!
//! Pure, like its parent. What a drain could not deliver is still held: the process may go on after all.

use tokio::time::Instant;

use super::{LaneState, Work};
use crate::delivery::Verdict;
use crate::flush::Manner;
use crate::settings::DRAIN_PAUSE;

/// How often an attempt of a lane that was well may fail in a drain.
const TRIES: u8 = 2;

/// A drain of one lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drain {
    /// Whether lanes are given up at all.
    gives_up: bool,
    /// It covers events of up to this epoch.
    epoch: u64,
    /// Attempts with a smaller number do not count: they began before, or together with one that failed.
    first_attempt: u64,
    /// How often an attempt may still fail.
    tries: u8,
    /// The next attempt starts then, whatever the lane's clocks say; none: they decide.
    next_at: Option<Instant>,
    /// Nobody waits for the lane any more.
    is_over: bool,
}

impl LaneState {
    /// What the lane holds is due at once, and if it fails it has one more attempt. `attempt` is the number of the next.
    pub fn begin_drain(&mut self, manner: Manner, epoch: u64, attempt: u64, now: Instant) {
        let gives_up = match manner {
            Manner::Flush => return,
            Manner::Close => false,
            Manner::Drain { .. } => true,
        };
        if self.ledger.counts().held() == 0 {
            return;
        }
        let known = self
            .work()
            .drain
            .filter(|known| known.gives_up == gives_up && manner != Manner::Drain { anew: true })
            .filter(|known| !known.is_over || !self.ledger.holds_after(known.epoch));
        let drain = match known {
            // It had its chance, and nothing came since.
            Some(known) if known.is_over => known,
            Some(known) => Drain {
                epoch,
                next_at: known.next_at.or(Some(now)),
                ..known
            },
            None => Drain {
                gives_up,
                epoch,
                first_attempt: attempt,
                tries: if self.health().is_probing() { 1 } else { TRIES },
                next_at: Some(now),
                is_over: false,
            },
        };
        self.work_mut().drain = Some(drain);
        self.end_drain();
    }

    /// The time of a drain is over: what it covers is not waited for again.
    pub fn give_up(&mut self, epoch: u64) {
        if self.ledger.counts().held() == 0 {
            return;
        }
        self.work_mut().drain = Some(Drain {
            gives_up: true,
            epoch,
            first_attempt: 0,
            tries: 0,
            next_at: None,
            is_over: true,
        });
    }

    /// True when a drain would wait for the lane: it holds what none has given up.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        let drain = self.work().drain.filter(|drain| drain.is_over);
        self.ledger.counts().held() > 0
            && drain.is_none_or(|drain| self.ledger.holds_after(drain.epoch))
    }

    /// Events that came after `epoch` and are held.
    #[must_use]
    pub fn held_after(&self, epoch: u64) -> u64 {
        self.ledger.held_after(epoch)
    }

    /// When the drain wants the next attempt; none when the lane's own clocks decide.
    pub(super) fn drain_at(&self) -> Option<Instant> {
        self.work().drain?.next_at
    }

    /// An attempt starts.
    pub(super) fn drain_started(&mut self) {
        if let Some(Work {
            drain: Some(drain), ..
        }) = self.work.as_deref_mut()
        {
            drain.next_at = None;
        }
    }

    /// An attempt came back. One that failed costs a try; a refusal, or a wait that the intake asks for, costs all.
    pub(super) fn drain_settled(&mut self, attempt: u64, verdict: &Verdict, now: Instant) {
        let Some(Work {
            drain: Some(drain),
            in_flight,
            ..
        }) = self.work.as_deref_mut()
        else {
            return;
        };
        if !drain.gives_up || drain.is_over || attempt < drain.first_attempt {
            return;
        }
        drain.tries = match verdict {
            Verdict::Retry { hint, .. } if hint.is_none_or(|hint| hint <= DRAIN_PAUSE) => {
                drain.tries.saturating_sub(1)
            }
            Verdict::Retry { .. } | Verdict::SlowRetry { .. } | Verdict::Park => 0,
            _ if verdict.is_delivered() => TRIES,
            _ => return,
        };
        if drain.tries < TRIES {
            let newest = in_flight.iter().map(|it| it.attempt).max();
            drain.first_attempt = newest.max(Some(attempt)).map_or(0, |newest| newest + 1);
            drain.next_at = Some(now + DRAIN_PAUSE).filter(|_| drain.tries > 0);
        }
    }

    /// Ends the drain of a lane that has nothing left of it, and lets go of those who wait for one that failed.
    pub(super) fn end_drain(&mut self) {
        let Some(work) = self.work.as_deref_mut() else {
            return;
        };
        let Some(drain) = &mut work.drain else { return };
        if self.ledger.held_up_to(drain.epoch) == 0 {
            work.drain = None;
            return;
        }
        drain.is_over |= drain.gives_up && drain.tries == 0 && work.in_flight.is_empty();
        if drain.is_over {
            self.ledger.let_go();
        }
    }
}
