//! What a deployment consists of.

/// One step of a deployment; each can be undone until the route is switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Start an instance of the new release beside the old.
    Start,
    /// Ask it whether it can take calls.
    CheckHealth,
    /// Stop the old actor between two calls, and hand its state to the new one.
    TransferState,
    /// Give the next call to the new release.
    Switch,
    /// Let the calls that the old release took come to their end.
    Drain,
}

impl Step {
    /// The step as it is shown.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::CheckHealth => "health-check",
            Self::TransferState => "transfer-state",
            Self::Switch => "route",
            Self::Drain => "drain",
        }
    }
}
