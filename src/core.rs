//! The core as its callers see it: open a route, submit, flush, drain, shut down, count.
//!
//! Owns the settings, the lanes and one scheduler. Submitting never blocks, never fails and never panics: what
//! does not fit is counted with its reason.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use crate::core_state::CoreState;
use crate::delivery::{HttpTransport, Transport, TransportSettings, parse_intake_url};
use crate::drain::{Drainer, drained};
use crate::error::OpenError;
use crate::flush::{FlushReport, Manner};
use crate::inbox::{Command, Verification};
use crate::ingest::{Loan, Producer, Record};
use crate::journal::JournalEntry;
use crate::lane::Lane;
use crate::runtime;
use crate::scheduler::Scheduler;
use crate::settings::{Settings, VERIFICATION_WAIT_MAX};
use crate::stats::{DropReason, TenantStats, Totals};
use crate::tenant::{
    ApiKey, Destination, DestinationText, Endpoint, Label, Site, parse_allowed_site,
};
use crate::vault::hex;
use crate::wire::{Datadog, EventKind, Wire};

/// How long a core that was dropped without `shutdown` delivers what it holds.
const ABANDONED_FLUSH_MAX: Duration = Duration::from_secs(60);

/// One core: its lanes share limits and a scheduler, and nothing with another core but the threads.
#[derive(Debug)]
pub struct Core {
    state: Arc<CoreState>,
    runtime: Handle,
    /// The settings before they were normalised, to compare a second caller's with.
    asked: Settings,
    has_routed: AtomicBool,
}

impl Core {
    /// Opens a core that delivers over HTTP.
    ///
    /// # Errors
    /// [`OpenError`] when a URL or a certificate list in the settings is unusable, or the system gives no threads.
    pub fn open(mut settings: Settings) -> Result<Arc<Self>, OpenError> {
        let asked = settings.clone();
        if let Some(url) = &settings.intake_url {
            settings.intake_url = Some(parse_intake_url(url)?.as_str().to_owned());
        }
        for site in &mut settings.allowed_sites {
            *site = parse_allowed_site(site)?;
        }
        let transport = HttpTransport::new(&TransportSettings {
            ca_pem: settings.ca.clone(),
            proxy_url: settings.proxy.clone(),
            no_proxy: settings.no_proxy.clone(),
            request_timeout: settings.request_timeout,
            idle_connections_per_host: if settings.keep_alive {
                settings.max_requests_in_flight
            } else {
                0
            },
        })?;
        let runtime = runtime::handle(settings.delivery_threads).ok_or(OpenError::NoThreads)?;
        let wire = Arc::new(Datadog::new(&settings.tracer_version));
        Ok(Self::build(
            settings,
            asked,
            wire,
            Arc::new(transport),
            runtime,
        ))
    }

    /// Opens a core over any transport, on any runtime.
    #[must_use]
    pub fn with_transport(
        settings: Settings,
        transport: Arc<dyn Transport>,
        runtime: Handle,
    ) -> Arc<Self> {
        let wire = Arc::new(Datadog::new(&settings.tracer_version));
        Self::with_wire(settings, wire, transport, runtime)
    }

    /// The same with another wire format.
    #[must_use]
    pub fn with_wire(
        settings: Settings,
        wire: Arc<dyn Wire>,
        transport: Arc<dyn Transport>,
        runtime: Handle,
    ) -> Arc<Self> {
        Self::build(settings.clone(), settings, wire, transport, runtime)
    }

    fn build(
        settings: Settings,
        asked: Settings,
        wire: Arc<dyn Wire>,
        transport: Arc<dyn Transport>,
        runtime: Handle,
    ) -> Arc<Self> {
        let state = Arc::new(CoreState::new(settings, wire, transport));
        runtime.spawn(supervise(Arc::clone(&state)));
        runtime.spawn(receive(Arc::clone(&state)));
        Arc::new(Self {
            state,
            runtime,
            asked,
            has_routed: AtomicBool::new(false),
        })
    }

    /// The settings it was opened with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.state.settings
    }

    /// True when `settings` are the ones the core was opened with, as the caller wrote them.
    #[must_use]
    pub fn was_opened_with(&self, settings: &Settings) -> bool {
        self.asked == *settings
    }

    /// The lane of a destination.
    ///
    /// # Errors
    /// [`OpenError`] that names the option; never with the key in it.
    pub fn open_lane(&self, destination: DestinationText<'_>) -> Result<Arc<Lane>, OpenError> {
        let allowed_sites = &self.state.settings.allowed_sites;
        self.open_checked(Destination::parse(destination, allowed_sites)?)
    }

    /// The operator's own lane, when somebody has it open: the first one, where there are several.
    #[must_use]
    pub fn default_lane(&self) -> Option<Arc<Lane>> {
        let lanes = self.state.registry.lanes().into_iter();
        let first = lanes
            .filter(|lane| lane.is_default)
            .min_by_key(|lane| lane.id)?;
        self.open_checked(first.destination()).ok()
    }

    /// Tenants are served from now on: a thread that has lost its context may be at work for one of them.
    pub fn note_routing(&self) {
        self.has_routed.store(true, Ordering::Relaxed);
    }

    /// Whether any thread has noted that.
    #[must_use]
    pub fn has_routed(&self) -> bool {
        self.has_routed.load(Ordering::Relaxed)
    }

    /// The number of the lane that [`Core::open_lane`] would find open, without opening anything. None when there
    /// is none, and for texts that are right but not written as the lane has them.
    #[must_use]
    pub fn lane_of(&self, destination: DestinationText<'_>) -> Option<u64> {
        self.state.registry.number_of(DestinationText {
            api_key: destination.api_key.trim(),
            ..destination
        })
    }

    /// Takes an encoded event for a lane. It is accepted, or counted as dropped with its reason.
    pub fn submit(&self, lane: &Arc<Lane>, kind: EventKind, json: Bytes) {
        self.state.submit(lane, kind, json);
    }

    /// Counts events that were dropped before they could be submitted.
    pub fn drop_events(&self, lane: Option<&Arc<Lane>>, reason: DropReason, events: u64) {
        self.state.drop_events(lane, reason, events);
    }

    /// A way in for a thread that writes records instead of submitting.
    #[must_use]
    pub fn open_producer(&self) -> Arc<Producer> {
        self.state.ingest.open()
    }

    /// Takes a record that did not fit into its producer's ring. Never decodes: that is not the caller's time.
    pub fn spill(&self, producer: &Producer, record: &[u8]) {
        self.state.spill(producer, Record::Copied(record.to_vec()));
    }

    /// Lends memory for such a record; none when the system has none.
    #[must_use]
    pub fn lend(&self, bytes: usize) -> Option<Arc<Loan>> {
        self.state.ingest.loans().lend(bytes)
    }

    /// Takes the record in the first `length` bytes of memory that was lent, as [`Core::spill`] does. The borrower
    /// writes no more.
    pub fn spill_lent(&self, producer: &Producer, loan: Arc<Loan>, length: usize) {
        self.state.spill(producer, Record::Lent(loan, length));
    }

    /// Wakes the reader of what producers committed.
    pub fn wake(&self) {
        self.state.ingest.wake();
    }

    /// A thread commits nothing more.
    pub fn close_producer(&self, producer: &Producer) {
        self.state.ingest.leave(producer);
    }

    /// Gives a labelled tenant a new key: what its lanes hold, and what still comes to them, goes to the new
    /// key at the same site. Returns the number of lanes that moved. What is in flight settles where it was sent.
    ///
    /// # Errors
    /// [`OpenError`] when the key is not acceptable; nothing has moved then.
    pub fn rotate(&self, label: &str, api_key: &str) -> Result<usize, OpenError> {
        let api_key = ApiKey::parse(api_key)?;
        let label = Label::parse(label, &api_key)?;
        let state = &self.state;
        let lanes = state.registry.lanes();
        let mut moved = 0;
        for old in lanes
            .iter()
            .filter(|lane| lane.label() == Some(label.as_str()))
        {
            let new = self.open_checked(Destination {
                endpoint: Endpoint {
                    api_key: api_key.clone(),
                    ..old.endpoint.clone()
                },
                ..old.destination()
            })?;
            new.state().set_successor(None);
            if new.id == old.id {
                continue;
            }
            old.state().set_successor(Some(Arc::clone(&new)));
            state.vault.rotate(&old.destination(), &new.destination());
            state.move_on(old);
            moved += 1;
        }
        Ok(moved)
    }

    /// Says whether a site is acceptable, for an option that no lane uses yet.
    ///
    /// # Errors
    /// [`OpenError`] that names the option and what is allowed.
    pub fn check_site(&self, site: &str) -> Result<(), OpenError> {
        Site::parse(site, &self.state.settings.allowed_sites)?;
        Ok(())
    }

    /// A digest that every service with this key and site makes of the same trace. It proves the tenant, names
    /// nobody, and is worth nothing for another trace. 16 hex digits.
    #[must_use]
    pub fn tenant_tag(&self, lane: &Lane, trace_id: &str) -> String {
        let Endpoint { api_key, site } = &lane.endpoint;
        let message = format!("spanlane tenant tag\n{}\n{trace_id}", site.as_str());
        let digest = api_key.sign(message.as_bytes());
        hex(digest.get(..8).unwrap_or_default())
    }

    /// A reference that finds this lane's destination again for a day.
    #[must_use]
    pub fn export_route(&self, lane: &Lane) -> Option<String> {
        self.state
            .vault
            .export(&lane.destination(), self.state.now())
    }

    /// The lane behind a reference; none when it is unknown or expired.
    #[must_use]
    pub fn import_route(&self, reference: &str) -> Option<Arc<Lane>> {
        let destination = self.state.vault.import(reference, self.state.now())?;
        self.open_checked(destination).ok()
    }

    /// Resolves when everything submitted before the call is settled, or after `limit` with the rest pending.
    pub fn flush(
        &self,
        limit: Duration,
        lane: Option<Arc<Lane>>,
    ) -> impl Future<Output = FlushReport> + Send + use<> {
        let flushed = self.state.wait_for(limit, lane, Manner::Flush);
        async move { flushed.await.report }
    }

    /// As a flush, when the process ends: failing lanes have one more attempt, and are not waited for after it. Lanes
    /// that were given up in an earlier drain try again only when they hold something new, or the drain is made `anew`.
    pub fn drained(
        &self,
        limit: Duration,
        anew: bool,
    ) -> impl Future<Output = FlushReport> + Send + use<> {
        drained(&self.state, limit, anew)
    }

    /// What a thread needs that waits for it.
    #[must_use]
    pub fn drainer(&self) -> Drainer {
        Drainer::new(&self.state, self.runtime.clone())
    }

    /// Flushes for at most `limit`, drops what is left as `shutdown` and stops.
    pub fn shutdown(&self, limit: Duration) -> impl Future<Output = FlushReport> + Send + use<> {
        close(Arc::clone(&self.state), self.state.begin_close(), limit)
    }

    /// True after [`Core::shutdown`].
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state.is_closed()
    }

    /// Whether the lane's key and site work: the status of an empty request, or the reason there was none. It waits
    /// for a request slot.
    pub fn verify(
        &self,
        lane: Arc<Lane>,
    ) -> impl Future<Output = Result<u16, &'static str>> + Send + use<> {
        let state = Arc::clone(&self.state);
        async move {
            if state.is_closed() {
                return Err("shutdown");
            }
            let (answer, answered) = oneshot::channel();
            state
                .inbox
                .command(Command::Verify(Verification { lane, answer }));
            let limit = VERIFICATION_WAIT_MAX + state.settings.request_timeout;
            match timeout(limit, answered).await {
                Ok(Ok(result)) => result,
                _ if state.is_closed() => Err("shutdown"),
                Ok(Err(_)) => Err(DropReason::InternalError.as_str()),
                Err(_) => Err("no_slot"),
            }
        }
    }

    /// Events held at this moment.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.state.receive_all();
        // Every event that is held has its bytes: without bytes there is no need to ask the lanes.
        if self.held_bytes() == 0 {
            return 0;
        }
        self.state.registry.held()
    }

    /// True when nothing is held. Unlike [`Core::held`] it decodes nothing and waits for no reader, and says false
    /// while one is at work.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        // In this order: what has been received has its bytes.
        self.state.ingest.is_idle() && self.held_bytes() == 0
    }

    /// Bytes held at this moment, bodies in flight included.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.state.held_bytes()
    }

    /// Bytes that lanes hold whose last attempt failed, bodies in flight included.
    #[must_use]
    pub fn failing_bytes(&self) -> usize {
        self.state.failing_bytes()
    }

    /// The sums of all counters. It takes the same time however many lanes there are.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.state.receive_all();
        self.state.totals()
    }

    /// The counters of each open lane, in the order in which they were opened.
    #[must_use]
    pub fn tenants(&self) -> Vec<TenantStats> {
        self.state.receive_all();
        let now = self.state.now();
        let age = |at: Option<Instant>| at.map(|at| now.saturating_duration_since(at));
        let mut lanes = self.state.registry.lanes();
        lanes.sort_by_cached_key(|lane| lane.id);
        let rows = lanes.into_iter().map(|lane| {
            let state = lane.state();
            TenantStats {
                tenant: lane.tenant.label.clone(),
                site: lane.endpoint.site.clone(),
                counts: state.counts().clone(),
                last_success_age: age(state.last_success()),
                last_error: state.last_error().map(str::to_owned),
                parked_age: age(state.parked_since()),
            }
        });
        rows.collect()
    }

    /// Notes spans whose context disagreed with their parent's tenant.
    pub fn note_tenant_mismatch(&self, lane: &Lane, spans: u64) {
        lane.state().note_tenant_mismatch(spans, &self.state.limits);
    }

    /// Takes the outcomes nobody has read yet.
    #[must_use]
    pub fn outcomes(&self) -> Vec<JournalEntry> {
        self.state.journal.read()
    }

    /// The runtime its work runs on.
    #[must_use]
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    fn open_checked(&self, destination: Destination) -> Result<Arc<Lane>, OpenError> {
        Ok(self.state.registry.open(destination, self.state.now())?)
    }
}

/// Ends a core that refuses events already. `first`: nobody else ends it.
fn close(
    state: Arc<CoreState>,
    first: bool,
    limit: Duration,
) -> impl Future<Output = FlushReport> + Send + use<> {
    let flushed = state.wait_for(limit, None, Manner::Close);
    async move {
        if !first {
            return FlushReport::default();
        }
        let report = flushed.await.report;
        let (done, closed) = oneshot::channel();
        state.inbox.command(Command::Close { done });
        // The scheduler answers even while it ends.
        let _ = closed.await;
        report
    }
}

/// Nobody can submit to it any more; what it holds is still delivered. All of that is a task's work: a core may go
/// while JavaScript collects garbage.
impl Drop for Core {
    fn drop(&mut self) {
        if !self.is_closed() {
            let state = Arc::clone(&self.state);
            self.runtime.spawn(async move {
                let first = state.begin_close();
                close(state, first, ABANDONED_FLUSH_MAX).await
            });
        }
    }
}

/// Runs the scheduler; one that panics is replaced, and what it had in flight is dropped.
async fn supervise(state: Arc<CoreState>) {
    loop {
        let of = Arc::clone(&state);
        let ended =
            tokio::spawn(async move { Scheduler::new(Arc::clone(&of), of.now()).run().await })
                .await;
        match ended {
            Err(error) if error.is_panic() => {}
            _ => break,
        }
    }
    state.ingest.close();
}

/// Makes events of records until the core closes; a panic costs the record it came from.
async fn receive(state: Arc<CoreState>) {
    loop {
        let of = Arc::clone(&state);
        let ended = tokio::spawn(async move {
            of.ingest.run(&mut |received| of.receive(received)).await;
        })
        .await;
        match ended {
            Err(error) if error.is_panic() => {}
            _ => return,
        }
    }
}
