//! Where a panic ends: the host hears of an error with a code, and its process goes on.
//!
//! A panic that leaves a function of ours for napi's would abort it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use napi::{Error, Status};

use crate::error::OpenError;

/// An error code that JavaScript sees as `error.code`.
#[derive(Debug)]
pub struct Code(pub &'static str);

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        self.0
    }
}

/// What is said of a panic. Not its own text, which may have a piece of an event in it.
pub(super) const CONTAINED: &str =
    "a fault in the native part of spanlane was contained; please report it";

/// What every function of the boundary returns.
pub(super) type Result<T> = std::result::Result<T, Error<Code>>;

/// Runs what a function of the boundary does. Locks are taken in spite of a panic elsewhere, so that what it leaves
/// behind can be used.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| Err(internal()))
}

/// Runs what nobody waits for an answer of.
pub(super) fn contained(call: impl FnOnce()) {
    let _ = guarded(|| {
        call();
        Ok(())
    });
}

/// A core error with its code.
pub(super) fn coded(error: impl Into<OpenError>) -> Error<Code> {
    let error = error.into();
    Error::new(Code(error.code()), error.to_string())
}

/// An error of napi's, which says that a call into the engine failed.
pub(super) fn of_napi(error: Error<Status>) -> Error<Code> {
    Error::new(Code("SPANLANE_INTERNAL"), error.reason.clone())
}

fn internal() -> Error<Code> {
    Error::new(Code("SPANLANE_INTERNAL"), CONTAINED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_that_says_nothing_of_its_text() {
        let error = guarded::<u8>(|| panic!("a prompt")).unwrap_err();
        assert_eq!(error.status.as_ref(), "SPANLANE_INTERNAL");
        assert!(error.reason.contains("contained") && !error.reason.contains("prompt"));
        contained(|| panic!("a prompt"));
    }

    #[test]
    fn without_a_panic_nothing_changes() {
        assert_eq!(guarded(|| Ok(7)).unwrap(), 7);
        let refused = || Err::<u8, _>(Error::new(Code("SPANLANE_INVALID_SITE"), "no site"));
        let error = guarded(refused).unwrap_err();
        assert_eq!(
            (error.status.as_ref(), &*error.reason),
            ("SPANLANE_INVALID_SITE", "no site")
        );
    }
}
