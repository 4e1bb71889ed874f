//! Two threads borrow memory and give it to a third, which reads it: nobody writes what somebody else has, in no order.

use loom::sync::{Arc, Mutex};
use loom::thread;
use spanlane_models::loan::{Loan, Loans};
use spanlane_models::memory::MmapMut;

type Records = Mutex<Vec<(Arc<Loan>, u8)>>;

fn borrow_and_submit(loans: &Loans, records: &Records, value: u8) {
    let loan = loans.lend(8).unwrap();
    // SAFETY: the loan is there.
    unsafe { MmapMut::write(loan.start(), value) };
    records.lock().unwrap().push((loan, value));
}

fn read_all(records: &Records) -> usize {
    let taken = std::mem::take(&mut *records.lock().unwrap());
    for (loan, value) in &taken {
        assert_eq!(loan.bytes()[0], *value, "somebody else wrote there");
    }
    taken.len()
}

#[test]
fn what_is_lent_again_is_nobody_elses() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let shared = Arc::new((Loans::default(), Records::default()));
        let borrowing = Arc::clone(&shared);
        let writer = thread::spawn(move || {
            for value in [1, 2] {
                borrow_and_submit(&borrowing.0, &borrowing.1, value);
            }
        });
        let borrowing = Arc::clone(&shared);
        let other = thread::spawn(move || borrow_and_submit(&borrowing.0, &borrowing.1, 3));
        let read = read_all(&shared.1);
        writer.join().unwrap();
        other.join().unwrap();
        assert_eq!(read + read_all(&shared.1), 3);
    });
}
