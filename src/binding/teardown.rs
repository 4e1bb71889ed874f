//! The end of an environment, and of the process: what is held is delivered first, whichever way it ends.
//!
//! `lib/exit.js` drains when JavaScript hears of the end. It does not always: an exit listener before it ends the process
//! or throws, somebody takes its listener away or calls `process.reallyExit`, a worker is terminated. Therefore the end
//! of the last environment drains, and so does the end of the process itself.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use napi::Env;

use super::guard::contained;
use super::process_end;
use crate::drain::Drainer;
use crate::flush::FlushReport;

/// Longer than the steps of one end are apart. What is later is another end, with time of its own.
const SAME_END: Duration = Duration::from_secs(1);

/// The end of each line, as everywhere: what to do, and where more is written.
const CURE: &str = "cure what fails, or give the end more time (exitTimeoutMs) \
                    (docs/troubleshooting.md#lost_at_exit)";

/// Rows of a report that get a line of their own; the others share one.
const LINES_MAX: usize = 10;

/// Environments (threads) that have opened a core and still live.
static ENVIRONMENTS: AtomicUsize = AtomicUsize::new(0);

/// The end of the process is noticed once.
static AT_PROCESS_END: Once = Once::new();

/// The cores of all environments.
static CORES: Mutex<Vec<Watched>> = Mutex::new(Vec::new());

thread_local! {
    static HOOKED: Cell<bool> = const { Cell::new(false) };
    /// Until when this thread's end may wait, once it has begun to.
    static UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A core that is drained at the end.
struct Watched {
    drainer: Drainer,
    /// Whether its losses are written to standard error.
    tells: bool,
    /// What was held up to this epoch has been told.
    told_epoch: u64,
}

/// Makes sure that the core is drained, with the last environment and with the process.
pub(super) fn watch(env: Env, drainer: &Drainer) {
    let mut cores = cores();
    cores.retain(|known| !known.drainer.is_gone());
    if !cores
        .iter()
        .any(|known| known.drainer.is_of_the_same(drainer))
    {
        cores.push(Watched {
            drainer: drainer.clone(),
            tells: false,
            told_epoch: 0,
        });
    }
    drop(cores);
    AT_PROCESS_END.call_once(|| process_end::call(process_ended));
    // Without a hook the environment is not counted: its end would never be.
    if !HOOKED.get()
        && env
            .add_env_cleanup_hook((), |()| contained(environment_ended))
            .is_ok()
    {
        HOOKED.set(true);
        ENVIRONMENTS.fetch_add(1, Ordering::AcqRel);
    }
}

/// The core's losses are written to standard error when JavaScript cannot say them any more.
pub(super) fn tell_losses(drainer: &Drainer) {
    for known in cores().iter_mut() {
        known.tells |= known.drainer.is_of_the_same(drainer);
    }
}

/// JavaScript waits, and says itself what is lost.
pub(super) fn javascript_waits(limit: Duration) {
    UNTIL.set(Some(now() + limit));
}

/// What the core holds has been told.
pub(super) fn told(drainer: &Drainer) {
    let epoch = drainer.end_epoch();
    for known in cores().iter_mut() {
        if known.drainer.is_of_the_same(drainer) {
            known.told_epoch = epoch;
        }
    }
}

fn environment_ended() {
    let others = ENVIRONMENTS
        .fetch_sub(1, Ordering::AcqRel)
        .saturating_sub(1);
    if others == 0 {
        drain_undecided();
    }
}

fn process_ended() {
    contained(|| {
        drain_undecided();
        for known in cores().iter().filter(|known| known.tells) {
            tell(&known.drainer.left_after(known.told_epoch));
        }
    });
}

/// Waits for what nobody has waited for yet: all cores together, for what is left of the time.
fn drain_undecided() {
    let undecided: Vec<Drainer> = cores()
        .iter()
        .map(|known| &known.drainer)
        .filter(|drainer| !drainer.is_decided())
        .cloned()
        .collect();
    let limit = undecided.iter().map(Drainer::exit_timeout).max();
    let limit = time_left(UNTIL.get(), now(), limit.unwrap_or_default());
    if limit.is_zero() {
        return;
    }
    let until = now() + limit;
    UNTIL.set(Some(until));
    let drains: Vec<_> = undecided
        .iter()
        .map(|drainer| drainer.begin(limit, false))
        .collect();
    for draining in drains {
        draining.wait(until.saturating_duration_since(now()));
    }
}

/// What is left of the time of an end that has waited before; all of it for one that has not.
fn time_left(until: Option<Instant>, now: Instant, limit: Duration) -> Duration {
    match until {
        Some(until) if now.saturating_duration_since(until) < SAME_END => {
            until.saturating_duration_since(now).min(limit)
        }
        _ => limit,
    }
}

fn tell(report: &FlushReport) {
    for line in lines(report) {
        process_end::write_line(&line);
    }
}

/// As `lib/outcomes.js` words it.
fn lines(report: &FlushReport) -> Vec<String> {
    let mut lines: Vec<String> = report
        .tenants
        .iter()
        .take(LINES_MAX)
        .map(|row| {
            let why = row.last_error.as_deref().unwrap_or("not sent in time");
            format!(
                "spanlane: {} of tenant \"{}\" ({}) lost, the process ended: {why}; {CURE}",
                events(row.pending),
                row.tenant,
                row.site.as_str(),
            )
        })
        .collect();
    let others: u64 = report
        .tenants
        .iter()
        .skip(LINES_MAX)
        .map(|row| row.pending)
        .sum();
    if others > 0 {
        lines.push(format!(
            "spanlane: {} of further tenants lost, the process ended; {CURE}",
            events(others)
        ));
    }
    lines
}

fn events(count: u64) -> String {
    format!("{count} event{}", if count == 1 { "" } else { "s" })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the end of a process has no later moment to be told"
)]
fn now() -> Instant {
    Instant::now()
}

fn cores() -> MutexGuard<'static, Vec<Watched>> {
    CORES.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::flush::{Tally, TenantReport};
    use crate::tenant::Site;

    #[test]
    fn the_steps_of_an_end_share_its_time_and_another_end_has_its_own() {
        let limit = Duration::from_secs(3);
        let now = now();
        let at = |milliseconds| now + Duration::from_millis(milliseconds);
        let left = |until, at| time_left(until, at, limit).as_millis();
        assert_eq!(left(None, now), 3000);
        assert_eq!(left(Some(at(1000)), at(400)), 600);
        assert_eq!(
            left(Some(at(9000)), at(0)),
            3000,
            "no more than a whole one"
        );
        assert_eq!(left(Some(at(1000)), at(1000)), 0);
        assert_eq!(left(Some(at(1000)), at(1999)), 0);
        assert_eq!(left(Some(at(1000)), at(2000)), 3000);
    }

    #[test]
    fn ten_tenants_have_a_line_each_and_the_others_share_one() {
        let row = |index: u64, last_error: Option<&str>| TenantReport {
            tenant: format!("t-{index}").into(),
            site: Site::parse("datadoghq.eu", &[]).unwrap(),
            tally: Tally::default(),
            pending: index + 1,
            last_error: last_error.map(str::to_owned),
        };
        let mut report = FlushReport::default();
        assert!(lines(&report).is_empty());
        report.tenants = vec![row(0, Some("key_refused (http 403)")), row(1, None)];
        assert_eq!(
            lines(&report),
            [
                "spanlane: 1 event of tenant \"t-0\" (datadoghq.eu) lost, the process ended: key_refused (http 403); cure what fails, or give the end more time (exitTimeoutMs) (docs/troubleshooting.md#lost_at_exit)",
                "spanlane: 2 events of tenant \"t-1\" (datadoghq.eu) lost, the process ended: not sent in time; cure what fails, or give the end more time (exitTimeoutMs) (docs/troubleshooting.md#lost_at_exit)",
            ]
        );
        report.tenants = (0..12).map(|index| row(index, None)).collect();
        let told = lines(&report);
        assert_eq!(told.len(), 11);
        assert_eq!(
            told.last().unwrap(),
            "spanlane: 23 events of further tenants lost, the process ended; cure what fails, or give the end more time (exitTimeoutMs) (docs/troubleshooting.md#lost_at_exit)"
        );
    }
}
