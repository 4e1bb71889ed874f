//! One deterministic piece of work for an instruction counter: `instructions <case> <events>` takes that many events
//! from the ring to the answer. `scripts/instructions.js` runs it under callgrind with two numbers of events; the
//! difference is what the events cost.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a program of its own"
)]

mod support;

use support::{CASES, Path};

const BATCH: usize = 50;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (case, events) = (arguments.next(), arguments.next());
    let wanted = CASES
        .iter()
        .find(|wanted| Some(wanted.name) == case.as_deref());
    let (Some(case), Some(events)) = (wanted, events.and_then(|events| events.parse().ok())) else {
        println!("npm run bench:instructions counts; this program is the work that is counted");
        return;
    };
    let mut path = Path::open();
    let records = case.records(path.lane.id, BATCH);
    let mut done: usize = 0;
    while done < events {
        path.deliver(&records);
        done += BATCH;
    }
}
