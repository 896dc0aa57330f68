//! Whether a component can do its work.

/// Whether a component can do its work.
///
/// The host asks before a release gets its first call, and from time to time afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthStatus {
    /// It can.
    #[default]
    Healthy,
    /// It can, with restrictions; the text says which.
    Degraded(String),
    /// It cannot; the text says why.
    Unhealthy(String),
}
