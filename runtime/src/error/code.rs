//! The stable codes of errors: what programs compare.

use std::fmt;

use super::Error;

/// A stable name of an error, in kebab-case: what programs compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorCode(&'static str);

impl ErrorCode {
    /// The code as text.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error {
    /// Every code, in the order of the documentation.
    pub const CODES: &[&str] = &[
        "invalid-name",
        "invalid-version",
        "invalid-manifest",
        "invalid-grant",
        "invalid-policy",
        "not-granted",
        "broad-grant",
        "limit-above-ceiling",
        "unnamed",
        "not-a-component",
        "too-large",
        "too-complex",
        "no-wit",
        "unknown-import",
        "mistyped-export",
        "compile-failed",
        "not-callable",
        "not-http",
        "route-taken",
        "unknown-export",
        "reserved-export",
        "unsupported-type",
        "invalid-arguments",
        "trap",
        "deadline-exceeded",
        "fuel-exhausted",
        "memory-exceeded",
        "limit-exceeded",
        "no-response",
        "broken-request",
        "guest-error",
        "guest-exit",
        "unhealthy",
        "busy",
        "over-budget",
        "backing-off",
        "quarantined",
        "unknown-component",
        "release-exists",
        "deployment-conflict",
        "deployment-failed",
        "unknown-release",
        "release-collected",
        "nothing-earlier",
        "no-earlier-state",
        "incompatible-release",
        "unsuitable-strategy",
        "invalid-options",
        "gate-failed",
        "deployment-aborted",
        "cancelled",
        "state-in-use",
        "store-failed",
        "store-damaged",
        "audit-unavailable",
        "engine-failed",
        "mount-failed",
        "compiler-unavailable",
        "listen-failed",
        "remote-address",
        "closed",
        "host-unreachable",
        "request-refused",
    ];

    /// The stable code of this error.
    pub fn code(&self) -> ErrorCode {
        ErrorCode(match self {
            Self::Name(_) => "invalid-name",
            Self::Version(_) => "invalid-version",
            Self::Manifest(_) => "invalid-manifest",
            Self::Grant(_) => "invalid-grant",
            Self::Policy { .. } => "invalid-policy",
            Self::NotGranted { .. } => "not-granted",
            Self::BroadGrant { .. } => "broad-grant",
            Self::AboveCeiling { .. } => "limit-above-ceiling",
            Self::Unnamed => "unnamed",
            Self::NotAComponent { .. } => "not-a-component",
            Self::TooLarge { .. } => "too-large",
            Self::TooComplex { .. } => "too-complex",
            Self::NoWit { .. } => "no-wit",
            Self::UnknownImport { .. } => "unknown-import",
            Self::MistypedExport { .. } => "mistyped-export",
            Self::Compile { .. } => "compile-failed",
            Self::NotCallable { .. } => "not-callable",
            Self::NotHttp { .. } => "not-http",
            Self::RouteTaken { .. } => "route-taken",
            Self::UnknownExport { .. } => "unknown-export",
            Self::ReservedExport(_) => "reserved-export",
            Self::UnsupportedType { .. } => "unsupported-type",
            Self::Arguments(_) => "invalid-arguments",
            Self::Trap { .. } => "trap",
            Self::Deadline { .. } => "deadline-exceeded",
            Self::Fuel { .. } => "fuel-exhausted",
            Self::Memory { .. } => "memory-exceeded",
            Self::Limit { .. } => "limit-exceeded",
            Self::NoResponse { .. } => "no-response",
            Self::BrokenRequest { .. } => "broken-request",
            Self::Guest(_) => "guest-error",
            Self::Exit { .. } => "guest-exit",
            Self::Unhealthy { .. } => "unhealthy",
            Self::Busy { .. } => "busy",
            Self::OverBudget { .. } => "over-budget",
            Self::BackingOff { .. } => "backing-off",
            Self::Quarantined { .. } => "quarantined",
            Self::UnknownComponent { .. } => "unknown-component",
            Self::ReleaseExists { .. } => "release-exists",
            Self::Conflict { .. } => "deployment-conflict",
            Self::Deployment { .. } => "deployment-failed",
            Self::UnknownRelease { .. } => "unknown-release",
            Self::ReleaseCollected { .. } => "release-collected",
            Self::NothingEarlier { .. } => "nothing-earlier",
            Self::NoEarlierState { .. } => "no-earlier-state",
            Self::Incompatible { .. } => "incompatible-release",
            Self::UnsuitableStrategy { .. } => "unsuitable-strategy",
            Self::InvalidOptions { .. } => "invalid-options",
            Self::GateFailed { .. } => "gate-failed",
            Self::Aborted { .. } => "deployment-aborted",
            Self::Cancelled { .. } => "cancelled",
            Self::StateInUse { .. } => "state-in-use",
            Self::Store { .. } => "store-failed",
            Self::Damaged { .. } => "store-damaged",
            Self::AuditUnavailable { .. } => "audit-unavailable",
            Self::Engine { .. } => "engine-failed",
            Self::Mount { .. } => "mount-failed",
            Self::CompilerUnavailable { .. } => "compiler-unavailable",
            Self::Listen { .. } => "listen-failed",
            Self::RemoteAddress { .. } => "remote-address",
            Self::Closed => "closed",
            Self::Unreachable { .. } => "host-unreachable",
            Self::Refused { .. } => "request-refused",
        })
    }
}
