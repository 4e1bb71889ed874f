//! What the registry's sets have in them: pointers that are found by what is inside of what they point to.
//!
//! Nothing is kept twice, and what a lane is found by never changes. No rule about lanes lives here.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::lane::{Lane, LaneKey, Tenant};
use crate::tenant::Label;

/// A lane found by its key.
#[derive(Debug)]
pub(super) struct ByKey(pub(super) Arc<Lane>);

/// A lane found by its number.
#[derive(Debug)]
pub(super) struct ById(pub(super) Arc<Lane>);

/// A tenant found by its label.
#[derive(Debug)]
pub(super) struct ByLabel(pub(super) Arc<Tenant>);

/// A lane's key as it is found: by what it is made of, which may be borrowed.
pub(super) trait Parts {
    /// Key, site, label, and whether it is the operator's own.
    fn parts(&self) -> (&[u8], &str, Option<&str>, bool);
}

impl Parts for LaneKey {
    fn parts(&self) -> (&[u8], &str, Option<&str>, bool) {
        (
            self.destination.api_key.as_bytes(),
            self.destination.site.as_str(),
            self.label.as_ref().map(Label::as_str),
            self.is_default,
        )
    }
}

impl Parts for Lane {
    fn parts(&self) -> (&[u8], &str, Option<&str>, bool) {
        (
            self.destination.api_key.as_bytes(),
            self.destination.site.as_str(),
            self.label(),
            self.is_default(),
        )
    }
}

impl Parts for (&[u8], &str, Option<&str>, bool) {
    fn parts(&self) -> (&[u8], &str, Option<&str>, bool) {
        *self
    }
}

impl Hash for dyn Parts + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl PartialEq for dyn Parts + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn Parts + '_ {}

impl<'a> Borrow<dyn Parts + 'a> for ByKey {
    fn borrow(&self) -> &(dyn Parts + 'a) {
        &*self.0
    }
}

impl Borrow<u64> for ById {
    fn borrow(&self) -> &u64 {
        &self.0.id
    }
}

impl Borrow<str> for ByLabel {
    fn borrow(&self) -> &str {
        &self.0.label
    }
}

/// The rules of a set's entry that is found by what it borrows as.
macro_rules! found_by {
    ($entry:ty, $by:ty) => {
        impl Hash for $entry {
            fn hash<H: Hasher>(&self, state: &mut H) {
                Borrow::<$by>::borrow(self).hash(state);
            }
        }

        impl PartialEq for $entry {
            fn eq(&self, other: &Self) -> bool {
                Borrow::<$by>::borrow(self) == Borrow::<$by>::borrow(other)
            }
        }

        impl Eq for $entry {}
    };
}

found_by!(ByKey, dyn Parts);
found_by!(ById, u64);
found_by!(ByLabel, str);
