//! A key is nowhere in memory once nobody needs it: not in what was freed, either.
//!
//! The whole memory of the process is searched, by what the system shows of it. What is searched for is kept disguised,
//! and is made by the test itself.

#![cfg(target_os = "linux")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test chooses its own time and stops where it fails"
)]

mod support;

use std::fs::{File, read_to_string};
use std::future::Future;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use spanlane::core::Core;
use spanlane::delivery::transport::{Request, Response, Transport, TransportError};
use spanlane::settings::Settings;
use spanlane::tenant::DestinationText;
use support::{assert_balanced, submit};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

const LIMIT: Duration = Duration::from_secs(5);
const DISGUISE: u8 = 0x5a;
/// An allocator writes over the start of what it gets back; what it leaves is searched for.
const FORGOTTEN_BYTES: usize = 16;
const CHUNK_BYTES: usize = 64 * 1024;
static UNWRITTEN: [u8; 2 * CHUNK_BYTES] = [0; 2 * CHUNK_BYTES];
/// The tests search the memory of all: one at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Answers as it is told, looks at nothing and keeps nothing.
struct Silent(u16);

impl Transport for Silent {
    fn send(
        &self,
        _request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + '_>> {
        let status = self.0;
        Box::pin(async move {
            Ok(Response {
                status,
                ..Response::default()
            })
        })
    }
}

/// A random key, disguised.
struct Canary(Vec<u8>);

impl Canary {
    fn new() -> Self {
        Self(
            std::iter::repeat_with(|| fastrand::alphanumeric() as u8 ^ DISGUISE)
                .take(48)
                .collect(),
        )
    }

    fn plain(&self) -> Zeroizing<String> {
        // Grown once: text that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(self.0.len()));
        for byte in &self.0 {
            text.push(char::from(byte ^ DISGUISE));
        }
        text
    }

    fn end(&self) -> &[u8] {
        &self.0[FORGOTTEN_BYTES..]
    }

    fn copies_at(&self, memory: &File, start: u64, to: u64) -> usize {
        let overlap = self.end().len() - 1;
        let length = usize::try_from(to - start).unwrap();
        let mut bytes = vec![0; length.min(CHUNK_BYTES + overlap)];
        // Some mappings cannot be read. Most of what is there was never written.
        if memory.read_exact_at(&mut bytes, start).is_err() || bytes == UNWRITTEN[..bytes.len()] {
            return 0;
        }
        // Disguised at once: this very buffer is searched, too.
        for byte in &mut bytes {
            *byte ^= DISGUISE;
        }
        let first = self.end()[0];
        bytes
            .windows(overlap + 1)
            .filter(|part| part[0] == first && *part == self.end())
            .count()
    }

    /// How often the key's end is in memory that can be written.
    fn copies(&self) -> usize {
        let memory = File::open("/proc/self/mem").unwrap();
        let mut copies = 0;
        for line in read_to_string("/proc/self/maps").unwrap().lines() {
            let mut words = line.split(' ');
            let (range, rights) = (words.next().unwrap(), words.next().unwrap());
            if !rights.starts_with("rw") {
                continue;
            }
            let (from, to) = range.split_once('-').unwrap();
            let (from, to) = (
                u64::from_str_radix(from, 16).unwrap(),
                u64::from_str_radix(to, 16).unwrap(),
            );
            for start in (from..to).step_by(CHUNK_BYTES) {
                copies += self.copies_at(&memory, start, to);
            }
        }
        copies
    }
}

/// Lanes, exported references, deliveries and refusals, rotations and verifications: all that touches a key.
async fn live(core: &Arc<Core>, canary: &Canary, successor: Option<&Canary>) {
    let lane = {
        let key = canary.plain();
        core.open_lane(DestinationText::new(&key, "datadoghq.com").labelled("acme"))
            .unwrap()
    };
    submit(core, &lane, 1);
    core.flush(LIMIT, None).await;
    let reference = core.export_route(&lane).unwrap();
    assert!(core.import_route(&reference).is_some());
    core.verify(lane.clone()).await.unwrap_or_default();
    if let Some(successor) = successor {
        core.rotate("acme", &successor.plain()).unwrap();
        submit(core, &lane, 2);
        core.flush(LIMIT, None).await;
    }
    assert_balanced(core);
}

fn core_over(transport: Silent) -> Arc<Core> {
    Core::with_transport(Settings::default(), Arc::new(transport), Handle::current())
}

/// Waits until the tasks of a core that was shut down have ended.
async fn ended(core: Arc<Core>) {
    core.shutdown(LIMIT).await;
    let watched = Arc::downgrade(&core);
    drop(core);
    while watched.strong_count() > 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

async fn is_gone_after(status: u16, rotates: bool) {
    let (canary, successor) = (Canary::new(), Canary::new());
    assert_eq!(canary.copies(), 0, "the search does not find itself");
    let core = core_over(Silent(status));
    live(&core, &canary, rotates.then_some(&successor)).await;
    assert!(
        canary.copies() + successor.copies() > 0,
        "while it is needed it is found"
    );
    ended(core).await;
    assert_eq!((canary.copies(), successor.copies()), (0, 0), "{status}");
}

#[tokio::test(start_paused = true)]
async fn keys_of_lanes_that_deliver_are_gone_with_their_core() {
    let _alone = ALONE.lock().await;
    is_gone_after(202, false).await;
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_refused_or_rotated_are_gone_with_their_core() {
    let _alone = ALONE.lock().await;
    is_gone_after(403, false).await;
    is_gone_after(202, true).await;
    is_gone_after(503, true).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_refused_at_the_door_leaves_nothing() {
    let _alone = ALONE.lock().await;
    let canary = Canary::new();
    let core = core_over(Silent(202));
    {
        let key = canary.plain();
        let site = "not-a-site.example";
        assert!(core.open_lane(DestinationText::new(&key, site)).is_err());
        assert!(
            core.lane_of(DestinationText::new(&key, "datadoghq.com"))
                .is_none()
        );
    }
    assert_eq!(canary.copies(), 0);
    ended(core).await;
}
