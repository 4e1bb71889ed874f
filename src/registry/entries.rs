//! What the registry's sets have in them: pointers that are found by what is inside of what they point to.
//!
//! Nothing is kept twice, and what a lane is found by never changes. No rule about lanes lives here.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::lane::{Lane, Tenant};
use crate::tenant::Destined;

/// A lane found by its destination.
#[derive(Debug)]
pub(super) struct ByDestination(pub(super) Arc<Lane>);

/// A lane found by its number.
#[derive(Debug)]
pub struct ById(pub(crate) Arc<Lane>);

/// A tenant found by its label.
#[derive(Debug)]
pub(super) struct ByLabel(pub(super) Arc<Tenant>);

impl Hash for dyn Destined + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.destination_text().hash(state);
    }
}

impl PartialEq for dyn Destined + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.destination_text() == other.destination_text()
    }
}

impl Eq for dyn Destined + '_ {}

impl<'a> Borrow<dyn Destined + 'a> for ByDestination {
    fn borrow(&self) -> &(dyn Destined + 'a) {
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

found_by!(ByDestination, dyn Destined);
found_by!(ById, u64);
found_by!(ByLabel, str);
