//! What can go wrong when something is opened. Nothing else in the core fails: it counts.

use crate::delivery::TransportSetupError;
use crate::delivery::transport::IntakeUrlError;
use crate::registry::RegistryFull;
use crate::tenant::TenantError;

/// Why a core or a lane could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The key, the site or the label is not acceptable.
    #[error(transparent)]
    Tenant(#[from] TenantError),
    /// The intake URL in the settings is unusable.
    #[error(transparent)]
    IntakeUrl(#[from] IntakeUrlError),
    /// A proxy or certificate in the settings is unusable.
    #[error(transparent)]
    Transport(#[from] TransportSetupError),
    /// Too many lanes are open.
    #[error(transparent)]
    Full(#[from] RegistryFull),
    /// The system refused the delivery threads.
    #[error("the system refuses the threads that deliver")]
    NoThreads,
}

impl OpenError {
    /// The stable code of the error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Tenant(error) => error.code(),
            Self::IntakeUrl(error) => error.code(),
            Self::Transport(error) => error.code(),
            Self::Full(_) => "SPANLANE_TOO_MANY_ROUTES",
            Self::NoThreads => "SPANLANE_NO_THREADS",
        }
    }
}
