//! What a deployment consists of.

use std::fmt;

use crate::component::Percent;

/// One step of a deployment; each can be undone until the outcome is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Start this many instances of the new release beside the old.
    Start { instances: u32 },
    /// Ask it whether it can take calls.
    CheckHealth,
    /// Stop the old actor between two calls, and hand its state to the new one.
    TransferState,
    /// Let the pools of the old and the new release have this many instances.
    Resize { old: u32, new: u32 },
    /// Give the new release this part of the calls.
    Shift { part: Percent },
    /// Watch the new release, and go back when a gate fails.
    Watch,
    /// Record the outcome, and make the route what it is to be.
    Switch,
    /// Let the calls that the old release took come to their end.
    Drain { keep: Keep },
}

/// What is kept of a release that was replaced, for a quick way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// One idle instance.
    One,
    /// All its instances.
    All,
}

impl Step {
    /// The step as it is shown and measured.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::CheckHealth => "health-check",
            Self::TransferState => "transfer-state",
            Self::Resize { .. } => "resize",
            Self::Shift { .. } => "shift",
            Self::Watch => "watch",
            Self::Switch => "route",
            Self::Drain { .. } => "drain",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { instances: 1 } => f.write_str("start an instance"),
            Self::Start { instances } => write!(f, "start {instances} instances"),
            Self::CheckHealth => f.write_str("check its health"),
            Self::TransferState => f.write_str("hand over the state"),
            Self::Resize { old, new } => write!(f, "let the old release have {old} instances, the new one {new}"),
            Self::Shift { part } => write!(f, "give it {part} of the calls"),
            Self::Watch => f.write_str("watch it"),
            Self::Switch => f.write_str("record the outcome and switch the route"),
            Self::Drain { keep: Keep::One } => f.write_str("drain the old release and keep one instance warm"),
            Self::Drain { keep: Keep::All } => f.write_str("drain the old release and keep its instances warm"),
        }
    }
}
