//! The boundary to JavaScript: each function parses, calls the core and converts. The only place that names napi.
//!
//! `lib/binding.js` is its other half: same names, same order. JavaScript validates options and sets defaults;
//! this side relies on types only. No key ever goes back, and no panic goes on: each function is `guarded`.

// napi's macros generate the registration code; it is theirs to keep sound.
#![allow(unsafe_code)]
#![allow(
    clippy::needless_pass_by_value,
    clippy::must_use_candidate,
    reason = "napi hands over owned strings, and JavaScript is the caller"
)]

mod convert;
mod guard;
mod process_end;
mod producer;
mod random;
mod report;
mod teardown;
mod text;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use napi::bindgen_prelude::{Function, FunctionCallContext, Object, ToNapiValue};
use napi::{Env, Error, JsString, Status};
use napi_derive::napi;
use zeroize::Zeroizing;

pub use self::convert::{CoreSettings, OpenedRoute, OutcomeReport, RouteDestination, Verification};
pub use self::guard::Code;
use self::guard::{Result, coded, guarded, of_napi};
pub use self::producer::NativeProducer;
pub use self::random::fill_random;
use self::text::ShortText;
use crate::core::Core;
use crate::drain::Draining;
use crate::holds::Holds;
use crate::journal::Outcome;
use crate::lane::Lane;
use crate::settings::Settings;
use crate::stats::{DropReason, Totals};
use crate::tenant::DestinationText;

/// The version this was built as. JavaScript uses no core of another one: records are a private format.
#[napi]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The reasons that `drop` takes.
#[napi]
pub fn drop_reasons() -> Result<Vec<&'static str>> {
    guarded(|| {
        Ok(DropReason::ALL
            .iter()
            .map(|reason| reason.as_str())
            .collect())
    })
}

/// The core that all threads and module instances of this file share.
static SHARED: Mutex<Option<SharedCore>> = Mutex::new(None);

/// The core with what JavaScript keeps beside it.
type SharedCore = (Arc<Core>, Arc<str>);

/// A core: lanes, limits and a scheduler.
#[napi(js_name = "Core")]
#[derive(Debug)]
pub struct NativeCore {
    core: Arc<Core>,
    /// What JavaScript keeps with the core that is shared.
    options: Arc<str>,
    /// The lanes of this thread's routes.
    holds: Holds,
    /// A drain that was begun and not waited for yet.
    draining: Mutex<Option<Draining>>,
}

/// The sums of all counters at one moment. Those of each lane are looked at when they are asked for.
#[napi(js_name = "Stats")]
#[derive(Debug)]
pub struct NativeStats {
    core: Arc<Core>,
    totals: Totals,
}

#[napi]
impl NativeCore {
    /// An isolated core.
    #[napi(factory)]
    pub fn open(env: Env, settings: CoreSettings) -> Result<Self> {
        guarded(|| {
            let core = Core::open(settings.into()).map_err(coded)?;
            Ok(Self::watched(env, core, Arc::default()))
        })
    }

    /// The process's core. A second caller must bring the same settings. `options` is kept for those who join it.
    #[napi(factory)]
    pub fn shared(env: Env, settings: CoreSettings, options: String) -> Result<Self> {
        guarded(|| {
            let (core, options) = shared_core(settings.into(), options)?;
            Ok(Self::watched(env, core, options))
        })
    }

    /// The process's core where it is open, for a thread that brings no settings of its own.
    #[napi]
    pub fn joined(env: Env) -> Result<Option<NativeCore>> {
        guarded(|| {
            let shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
            let open = shared.as_ref().filter(|(core, _)| !core.is_closed());
            Ok(open
                .map(|(core, options)| Self::watched(env, Arc::clone(core), Arc::clone(options))))
        })
    }

    /// The `options` of the thread that opened the process's core; empty for an isolated one.
    #[napi(getter)]
    pub fn options(&self) -> Result<&str> {
        guarded(|| Ok(&*self.options))
    }

    /// The default route that somebody has open. Held as one of `open_route`.
    #[napi]
    pub fn default_route(&self) -> Result<Option<OpenedRoute>> {
        guarded(|| Ok(self.core.default_lane().map(|lane| self.opened(lane))))
    }

    /// A routing context was entered, or a route of a tenant opened.
    #[napi]
    pub fn note_routing(&self) -> Result<()> {
        guarded(|| {
            self.core.note_routing();
            Ok(())
        })
    }

    /// Whether any thread said so.
    #[napi]
    pub fn has_routed(&self) -> Result<bool> {
        guarded(|| Ok(self.core.has_routed()))
    }

    /// The route of a destination. Its lane is held open until `release_route` was called for it.
    #[napi]
    pub fn open_route(
        &self,
        dd_api_key: String,
        destination: RouteDestination,
    ) -> Result<OpenedRoute> {
        guarded(|| {
            let dd_api_key = Zeroizing::new(dd_api_key);
            let destination = destination.text(&dd_api_key);
            let lane = self.core.open_lane(destination).map_err(coded)?;
            Ok(self.opened(lane))
        })
    }

    /// Holds the lane of a route of this thread once more, for another route. False when the thread has none.
    #[napi]
    pub fn hold_route(&self, lane_id: f64) -> Result<bool> {
        guarded(|| Ok(self.holds.hold_again(convert::number(lane_id))))
    }

    /// Lets go of a lane, once for each time that it was held.
    #[napi]
    pub fn release_route(&self, lane_id: f64) -> Result<()> {
        guarded(|| {
            self.holds.release(convert::number(lane_id));
            Ok(())
        })
    }

    /// A function that gives the number of the lane which [`NativeCore::open_route`] would find open at this site, by its
    /// key and its label if it has one; 0 when it would open one, or refuse. It is no method: to come from an object to
    /// what is behind it costs more than the look-up.
    #[napi(ts_return_type = "(ddApiKey: string, tenant?: string) => number")]
    pub fn lane_finder<'env>(
        &self,
        env: &'env Env,
        dd_site: String,
    ) -> Result<Function<'env, (), f64>> {
        guarded(|| {
            let core = Arc::clone(&self.core);
            env.create_function_from_closure("laneOf", move |call| {
                Ok(guarded(|| Ok(lane_number(&core, &dd_site, &call))).unwrap_or(0.0))
            })
            .map_err(of_napi)
        })
    }

    /// A way in for this thread: every event of the library takes it.
    #[napi]
    pub fn open_producer(&self) -> Result<NativeProducer> {
        guarded(|| Ok(NativeProducer::open(&self.core)))
    }

    /// Counts events that were dropped before they could be submitted. `reason` is one of [`drop_reasons`].
    #[napi(js_name = "drop")]
    pub fn drop_events(&self, lane_id: Option<f64>, reason: String, count: u32) -> Result<()> {
        guarded(|| {
            let reason = DropReason::from_name(&reason).unwrap_or(DropReason::InternalError);
            let lane = lane_id.and_then(|id| self.holds.find(convert::number(id)));
            self.core
                .drop_events(lane.as_ref(), reason, u64::from(count));
            Ok(())
        })
    }

    /// Side counter: spans whose context disagreed with their parent's tenant.
    #[napi]
    pub fn count_tenant_mismatch(&self, lane_id: f64, count: u32) -> Result<()> {
        guarded(|| {
            let lane = self.lane(lane_id)?;
            self.core.note_tenant_mismatch(&lane, u64::from(count));
            Ok(())
        })
    }

    /// Throws when a site is not acceptable.
    #[napi]
    pub fn check_site(&self, site: String) -> Result<()> {
        guarded(|| self.core.check_site(&site).map_err(coded))
    }

    /// A keyed digest that tells another service with the same key whose trace this is.
    #[napi]
    pub fn tenant_tag(&self, lane_id: f64, trace_id: String) -> Result<String> {
        guarded(|| {
            let lane = self.lane(lane_id)?;
            Ok(self.core.tenant_tag(&lane, &trace_id))
        })
    }

    /// Gives a labelled tenant a new key. Returns the number of lanes that moved.
    #[napi]
    pub fn rotate(&self, tenant: String, dd_api_key: String) -> Result<u32> {
        guarded(|| {
            let dd_api_key = Zeroizing::new(dd_api_key);
            let moved = self.core.rotate(&tenant, &dd_api_key).map_err(coded)?;
            Ok(u32::try_from(moved).unwrap_or(u32::MAX))
        })
    }

    /// A reference that finds this route again for a day; null when the system gives no random bits.
    #[napi]
    pub fn export_route(&self, lane_id: f64) -> Result<Option<String>> {
        guarded(|| {
            let lane = self.lane(lane_id)?;
            Ok(self.core.export_route(&lane))
        })
    }

    /// The route behind a reference, held as one of `open_route`; null when it is unknown or expired.
    #[napi]
    pub fn import_route(&self, reference: String) -> Result<Option<OpenedRoute>> {
        guarded(|| {
            let lane = self.core.import_route(&reference);
            Ok(lane.map(|lane| self.opened(lane)))
        })
    }

    /// Sends an empty request and tells whether key and site work.
    #[napi(ts_return_type = "Promise<Verification>")]
    pub fn verify_route<'env>(&self, env: &'env Env, lane_id: f64) -> Result<Object<'env>> {
        guarded(|| {
            let verified = self.core.verify(self.lane(lane_id)?);
            self.promise(env, async { Verification::from(verified.await) })
        })
    }

    /// Resolves when everything submitted before is settled, or after the timeout. The report has a row for each tenant
    /// that had any of it, if `rows` are wanted.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn flush<'env>(
        &self,
        env: &'env Env,
        timeout_ms: f64,
        lane_id: Option<f64>,
        rows: bool,
    ) -> Result<Object<'env>> {
        guarded(|| {
            let lane = lane_id.map(|id| self.lane(id)).transpose()?;
            let flushed = self.core.flush(convert::milliseconds(timeout_ms), lane);
            self.promise(env, async move {
                let mut report = flushed.await;
                if !rows {
                    report.tenants.clear();
                }
                report::flush(&report)
            })
        })
    }

    /// Whether an end of the process would wait for nothing: nothing is held, or only what was waited for in vain.
    #[napi]
    pub fn is_decided(&self) -> Result<bool> {
        guarded(|| Ok(self.core.drainer().is_decided()))
    }

    /// Resolves when everything held is settled, when each lane that fails has had one last try, or after the timeout.
    /// `anew`: also lanes that were waited for in vain before.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn drained<'env>(
        &self,
        env: &'env Env,
        timeout_ms: f64,
        anew: bool,
    ) -> Result<Object<'env>> {
        guarded(|| {
            let drained = self.core.drained(convert::milliseconds(timeout_ms), anew);
            self.promise(env, async { report::flush(&drained.await) })
        })
    }

    /// Begins what `drain` waits for: several cores at once take no longer than one.
    #[napi]
    pub fn begin_drain(&self, timeout_ms: f64, anew: bool) -> Result<()> {
        guarded(|| {
            let limit = convert::milliseconds(timeout_ms);
            teardown::javascript_waits(limit);
            *self.draining() = Some(self.core.drainer().begin(limit, anew));
            Ok(())
        })
    }

    /// Blocks this thread until the drain that was begun is over, for at most the timeout. Returns what is held then, as
    /// a flush report whose rows have nothing but `pending`.
    #[napi]
    pub fn drain(&self, timeout_ms: f64) -> Result<String> {
        guarded(|| {
            if let Some(draining) = self.draining().take() {
                draining.wait(convert::milliseconds(timeout_ms));
            }
            let drainer = self.core.drainer();
            teardown::told(&drainer);
            Ok(report::flush(&drainer.left_after(0)))
        })
    }

    /// What the end of the process loses is written to standard error where JavaScript cannot say it.
    #[napi]
    pub fn tell_losses(&self) -> Result<()> {
        guarded(|| {
            teardown::tell_losses(&self.core.drainer());
            Ok(())
        })
    }

    /// Flushes, drops what is left and stops the core.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn shutdown<'env>(&self, env: &'env Env, timeout_ms: f64) -> Result<Object<'env>> {
        guarded(|| {
            let flushed = self.core.shutdown(convert::milliseconds(timeout_ms));
            self.promise(env, async { report::flush(&flushed.await) })
        })
    }

    /// Events held at this moment.
    #[napi]
    pub fn held(&self) -> Result<f64> {
        guarded(|| Ok(convert::count(self.core.held())))
    }

    /// Whether nothing is held. Decodes nothing and waits for nothing.
    #[napi]
    pub fn is_idle(&self) -> Result<bool> {
        guarded(|| Ok(self.core.is_idle()))
    }

    /// The counters of this moment.
    #[napi]
    pub fn stats(&self) -> Result<NativeStats> {
        guarded(|| {
            let core = Arc::clone(&self.core);
            let totals = core.totals();
            Ok(NativeStats { core, totals })
        })
    }

    /// Takes the outcomes nobody has read yet. Without `deliveries` those are left out: each tenant has one, and an object
    /// for each of thousands is a stall.
    #[napi]
    pub fn outcomes(&self, deliveries: bool) -> Result<Vec<OutcomeReport>> {
        guarded(|| {
            let unread = self.core.outcomes().into_iter();
            let wanted =
                unread.filter(|entry| deliveries || entry.note.outcome != Outcome::Delivered);
            Ok(wanted.map(OutcomeReport::from).collect())
        })
    }
}

impl NativeCore {
    fn watched(env: Env, core: Arc<Core>, options: Arc<str>) -> Self {
        teardown::watch(env, &core.drainer());
        Self {
            core,
            options,
            holds: Holds::default(),
            draining: Mutex::default(),
        }
    }

    /// What JavaScript is told of a lane that is held for it from now on.
    fn opened(&self, lane: Arc<Lane>) -> OpenedRoute {
        let route = OpenedRoute::from(&*lane);
        self.holds.hold(lane);
        route
    }

    /// The lane of a route of this thread.
    fn lane(&self, lane_id: f64) -> Result<Arc<Lane>> {
        let lane = self.holds.find(convert::number(lane_id));
        lane.ok_or_else(|| Error::new(Code("SPANLANE_INTERNAL"), "this thread has no such route"))
    }

    fn draining(&self) -> MutexGuard<'_, Option<Draining>> {
        self.draining.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A promise of what `work` gives. It lives on our runtime, never on napi's, and a panic in `work` rejects it.
    fn promise<'env, T>(
        &self,
        env: &'env Env,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<Object<'env>>
    where
        T: ToNapiValue + Send + 'static,
    {
        let (deferred, promise) = env.create_deferred().map_err(of_napi)?;
        let working = self.core.runtime().spawn(work);
        self.core.runtime().spawn(async move {
            let ended = working.await;
            deferred.resolve(move |_| {
                ended.map_err(|_| Error::new(Status::GenericFailure, guard::CONTAINED))
            });
        });
        Ok(promise)
    }
}

#[napi]
impl NativeStats {
    /// Those of all lanes together, as `lib/report-text.js` reads them.
    #[napi]
    pub fn totals(&self) -> Result<String> {
        guarded(|| Ok(report::totals(&self.totals)))
    }

    /// The counters of each lane, at the moment of this call.
    #[napi]
    pub fn tenants(&self) -> Result<String> {
        guarded(|| Ok(report::tenants(&self.core.tenants())))
    }
}

/// The lane at `site` of the key and the label that a function of [`NativeCore::lane_finder`] was called with; 0: none.
fn lane_number(core: &Core, site: &str, call: &FunctionCallContext<'_>) -> f64 {
    let (mut api_key, mut label) = (ShortText::new(), ShortText::new());
    let mut lane = || {
        let text = |index| call.get::<JsString<'_>>(index).ok();
        let destination = DestinationText::new(api_key.read(text(0)?)?, site);
        core.lane_of(match call.length() {
            1 => destination,
            _ => destination.labelled(label.read(text(1)?)?),
        })
    };
    convert::count(lane().unwrap_or(0))
}

/// The core of the process, opened by the first caller.
fn shared_core(settings: Settings, options: String) -> Result<SharedCore> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(open) = shared.as_ref().filter(|(core, _)| !core.is_closed()) {
        if open.0.was_opened_with(&settings) {
            return Ok(open.clone());
        }
        return Err(Error::new(
            Code("SPANLANE_ALREADY_INITIALIZED"),
            "spanlane is already initialized in this process with other options; use createLLMObs for a second configuration",
        ));
    }
    let core = Core::open(settings).map_err(coded)?;
    Ok(shared.insert((core, options.into())).clone())
}

/// How long JavaScript may wait at most: a day. Larger or senseless numbers are cut to it.
const WAIT_MAX: Duration = Duration::from_secs(86_400);
