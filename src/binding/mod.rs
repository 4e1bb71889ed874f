//! The boundary to JavaScript: each function parses, calls the core and converts. The only place that names napi.
//!
//! `lib/binding.js` is its other half: same names, same order. JavaScript validates options and sets defaults;
//! this side relies on types only. No key ever goes back.

// napi's macros generate the registration code; it is theirs to keep sound.
#![allow(unsafe_code)]
#![allow(
    clippy::needless_pass_by_value,
    clippy::must_use_candidate,
    reason = "napi hands over owned strings, and JavaScript is the caller"
)]

mod convert;
mod producer;
mod report;
mod teardown;
mod text;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use napi::bindgen_prelude::Object;
use napi::{Env, Error, JsString};
use napi_derive::napi;
use zeroize::Zeroizing;

use self::convert::{Code, coded};
pub use self::convert::{CoreSettings, OutcomeReport, RouteDestination, Verification};
pub use self::producer::NativeProducer;
use self::text::ShortText;
use crate::core::Core;
use crate::lane::Lane;
use crate::stats::DropReason;
use crate::tenant::DestinationText;
use crate::wire::EventKind;

/// The version this was built as. JavaScript uses no core of another one: records are a private format.
#[napi]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The core that all threads and module instances of this file share.
static SHARED: Mutex<Option<Arc<Core>>> = Mutex::new(None);

/// A core: lanes, limits and a scheduler.
#[napi(js_name = "Core")]
#[derive(Debug)]
pub struct NativeCore {
    core: Arc<Core>,
}

/// A lane as JavaScript holds it: no key, only names and numbers.
#[napi(js_name = "Route")]
#[derive(Debug)]
pub struct NativeRoute {
    lane: Arc<Lane>,
}

#[napi]
impl NativeCore {
    /// An isolated core.
    #[napi(factory)]
    pub fn open(settings: CoreSettings) -> Result<Self, Error<Code>> {
        Ok(Self {
            core: Core::open(settings.into()).map_err(coded)?,
        })
    }

    /// The process's core. A second caller must bring the same settings.
    #[napi(factory)]
    pub fn shared(env: Env, settings: CoreSettings) -> Result<Self, Error<Code>> {
        let settings = settings.into();
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(core) = shared.as_ref().filter(|core| !core.is_closed()) {
            if core.was_opened_with(&settings) {
                teardown::watch(env, core);
                return Ok(Self {
                    core: Arc::clone(core),
                });
            }
            return Err(Error::new(
                Code("SPANLANE_ALREADY_INITIALIZED"),
                "spanlane is already initialized in this process with other options; use createLLMObs for a second configuration",
            ));
        }
        let core = Core::open(settings).map_err(coded)?;
        *shared = Some(Arc::clone(&core));
        teardown::watch(env, &core);
        Ok(Self { core })
    }

    /// The route of a destination.
    #[napi]
    pub fn open_route(
        &self,
        dd_api_key: String,
        destination: RouteDestination,
    ) -> Result<NativeRoute, Error<Code>> {
        let dd_api_key = Zeroizing::new(dd_api_key);
        let destination = destination.text(&dd_api_key);
        let lane = self.core.open_lane(destination).map_err(coded)?;
        Ok(NativeRoute { lane })
    }

    /// The number of the lane that [`NativeCore::open_route`] would find open; 0 when it would open one, or refuse.
    /// Without an object, which would cost more than the look-up.
    #[napi]
    pub fn lane_of(
        &self,
        dd_api_key: JsString<'_>,
        dd_site: JsString<'_>,
        tenant: Option<JsString<'_>>,
    ) -> f64 {
        let (mut api_key, mut site, mut label) =
            (ShortText::new(), ShortText::new(), ShortText::new());
        let mut lane = || {
            let destination = DestinationText::new(api_key.read(dd_api_key)?, site.read(dd_site)?);
            self.core.lane_of(match tenant {
                Some(tenant) => destination.labelled(label.read(tenant)?),
                None => destination,
            })
        };
        convert::count(lane().unwrap_or(0))
    }

    /// A way in for this thread: every event of the library takes it.
    #[napi]
    pub fn open_producer(&self) -> NativeProducer {
        NativeProducer::open(&self.core)
    }

    /// Takes an event as JSON text, which is accepted or counted. `bench/` measures it as the alternative to
    /// `openProducer`; nothing else calls it.
    #[napi]
    pub fn submit(&self, route: &NativeRoute, kind: u32, event: String) {
        match EventKind::from_u32(kind) {
            Some(kind) => self.core.submit(&route.lane, kind, Bytes::from(event)),
            None => self
                .core
                .drop_events(Some(&route.lane), DropReason::InternalError, 1),
        }
    }

    /// Counts events that fell before they could be submitted.
    #[napi]
    pub fn drop_events(&self, route: Option<&NativeRoute>, reason: String, count: u32) {
        let reason = DropReason::from_name(&reason).unwrap_or(DropReason::InternalError);
        self.core
            .drop_events(route.map(|route| &route.lane), reason, u64::from(count));
    }

    /// Side counter: spans whose context disagreed with their parent's tenant.
    #[napi]
    pub fn count_tenant_mismatch(&self, route: &NativeRoute, count: u32) {
        route.lane.state().note_tenant_mismatch(u64::from(count));
    }

    /// Throws when a site is not acceptable.
    #[napi]
    pub fn check_site(&self, site: String) -> Result<(), Error<Code>> {
        self.core.check_site(&site).map_err(coded)
    }

    /// A keyed digest that tells another service with the same key whose trace this is.
    #[napi]
    pub fn tenant_tag(&self, route: &NativeRoute, trace_id: String) -> String {
        self.core.tenant_tag(&route.lane, &trace_id)
    }

    /// Gives a labelled tenant a new key. Returns the number of lanes that moved.
    #[napi]
    pub fn rotate(&self, tenant: String, dd_api_key: String) -> Result<u32, Error<Code>> {
        let dd_api_key = Zeroizing::new(dd_api_key);
        let moved = self.core.rotate(&tenant, &dd_api_key).map_err(coded)?;
        Ok(u32::try_from(moved).unwrap_or(u32::MAX))
    }

    /// A reference that finds this route again for a day; null when the system gives no random bits.
    #[napi]
    pub fn export_route(&self, route: &NativeRoute) -> Option<String> {
        self.core.export_route(&route.lane)
    }

    /// The route behind a reference; null when it is unknown or expired.
    #[napi]
    pub fn import_route(&self, reference: String) -> Option<NativeRoute> {
        self.core
            .import_route(&reference)
            .map(|lane| NativeRoute { lane })
    }

    /// Sends an empty request and tells whether key and site work.
    #[napi(ts_return_type = "Promise<Verification>")]
    pub fn verify_route<'env>(
        &self,
        env: &'env Env,
        route: &NativeRoute,
    ) -> napi::Result<Object<'env>> {
        let (deferred, promise) = env.create_deferred()?;
        let verified = self.core.verify(Arc::clone(&route.lane));
        self.core.runtime().spawn(async move {
            let result = verified.await;
            deferred.resolve(move |_| Ok(Verification::from(result)));
        });
        Ok(promise)
    }

    /// Resolves when everything submitted before is settled, or after the timeout.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn flush<'env>(
        &self,
        env: &'env Env,
        timeout_ms: f64,
        route: Option<&NativeRoute>,
    ) -> napi::Result<Object<'env>> {
        let lane = route.map(|route| Arc::clone(&route.lane));
        self.promise_report(
            env,
            self.core.flush(convert::milliseconds(timeout_ms), lane),
        )
    }

    /// Blocks until everything held is settled, or for `timeoutMs`. Returns what is still held.
    #[napi]
    pub fn drain(&self, timeout_ms: f64) -> f64 {
        teardown::exit_was_waited_for();
        convert::count(self.core.drain(convert::milliseconds(timeout_ms)))
    }

    /// Flushes, drops what is left and stops the core.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn shutdown<'env>(&self, env: &'env Env, timeout_ms: f64) -> napi::Result<Object<'env>> {
        self.promise_report(env, self.core.shutdown(convert::milliseconds(timeout_ms)))
    }

    /// Events held at this moment.
    #[napi]
    pub fn held(&self) -> f64 {
        convert::count(self.core.held())
    }

    /// Whether nothing is held. Decodes nothing and waits for nothing.
    #[napi]
    pub fn is_idle(&self) -> bool {
        self.core.is_idle()
    }

    /// The counters, as `lib/report-text.js` reads them.
    #[napi]
    pub fn stats(&self) -> String {
        report::stats(&self.core.stats())
    }

    /// Takes the outcomes nobody has read yet.
    #[napi]
    pub fn outcomes(&self) -> Vec<OutcomeReport> {
        self.core
            .outcomes()
            .into_iter()
            .map(OutcomeReport::from)
            .collect()
    }

    /// The promise lives on our runtime, never on napi's.
    fn promise_report<'env>(
        &self,
        env: &'env Env,
        report: impl Future<Output = crate::flush::FlushReport> + Send + 'static,
    ) -> napi::Result<Object<'env>> {
        let (deferred, promise) = env.create_deferred()?;
        self.core.runtime().spawn(async move {
            let report = report::flush(&report.await);
            deferred.resolve(move |_| Ok(report));
        });
        Ok(promise)
    }
}

#[napi]
impl NativeRoute {
    /// The tenant's label.
    #[napi(getter)]
    pub fn tenant(&self) -> &str {
        &self.lane.tenant.label
    }

    /// The lane's site.
    #[napi(getter)]
    pub fn site(&self) -> &str {
        self.lane.endpoint.site.as_str()
    }

    /// The lane's number, for records.
    #[napi(getter)]
    pub fn lane_id(&self) -> f64 {
        convert::count(self.lane.id)
    }

    /// Equal for two routes exactly when they are the same tenant's.
    #[napi(getter)]
    pub fn tenant_id(&self) -> f64 {
        convert::count(self.lane.tenant.id)
    }
}

/// How long JavaScript may wait at most: a day. Larger or senseless numbers are cut to it.
const WAIT_MAX: Duration = Duration::from_secs(86_400);
