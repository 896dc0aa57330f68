//! What a component says of itself.

mod capability;
mod health;
mod metadata;

pub use capability::Capability;
pub use health::HealthStatus;
pub use metadata::ComponentMetadata;
