//! Whose fault an error is, and what it says of the release that was called.

use super::{Bounded, Error};
use crate::component::ComponentError;

impl Error {
    /// Whether the guest caused the error, rather than the host, the operator or the caller.
    /// This is the one place where that is decided.
    pub fn is_guest_fault(&self) -> bool {
        match self {
            Self::NotAComponent { .. }
            | Self::TooComplex { .. }
            | Self::NoWit { .. }
            | Self::UnknownImport { .. }
            | Self::MistypedExport { .. }
            | Self::Compile { .. }
            | Self::Trap { .. }
            | Self::Deadline { .. }
            | Self::Fuel { .. }
            | Self::Memory { .. }
            | Self::Limit { .. }
            | Self::NoResponse { .. }
            | Self::Guest(_)
            | Self::Exit { .. }
            | Self::Unhealthy { .. }
            | Self::BackingOff { .. }
            | Self::Quarantined { .. }
            | Self::Incompatible { .. }
            | Self::GateFailed { .. } => true,
            Self::TooLarge { what, .. } => *what != Bounded::Message,
            Self::Deployment { reason, .. } => reason.is_guest_fault(),
            _ => false,
        }
    }

    /// Whether a call that ended so speaks against the release that took it.
    ///
    /// A caller's invalid input does not; a release that is too slow for its calls, or has to be cancelled, does.
    pub fn counts_as_failure(&self) -> bool {
        match self {
            Self::Guest(ComponentError::InvalidInput(_)) => false,
            Self::Busy { .. } | Self::OverBudget { .. } | Self::Cancelled { .. } => true,
            error => error.is_guest_fault(),
        }
    }
}
