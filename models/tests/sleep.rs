//! The reader falls asleep while the writer commits: one of them sees the other.

use loom::model::Builder;
use loom::sync::Arc;
use loom::thread;
use spanlane_models::memory::{Fences, set_fences};
use spanlane_models::ring::Ring;

#[test]
fn a_reader_does_not_sleep_beside_what_was_committed() {
    for fences in [Fences::BeforeLoads, Fences::BehindStores] {
        set_fences(fences);
        Builder::new().check(move || {
            let ring = Arc::new(Ring::default());
            ring.set_sleeping(false);
            let writing = Arc::clone(&ring);
            let writer = thread::spawn(move || {
                writing.commit(8);
                writing.take_sleeping()
            });
            ring.set_sleeping(true);
            let sleeps = ring.committed() == ring.consumed();
            let wakes = writer.join().unwrap();
            assert!(!sleeps || wakes, "{fences:?}");
        });
    }
}
