//! What an operator can do with a component. One file for each operation.

mod deploy;
mod permission;
mod preview;
mod remove;
mod resume;
mod rollback;
mod scale;
mod split;
mod status;
mod update;

pub use permission::{ComponentPermissions, GrantOptions, PermissionChange, PermissionGranted, PermissionRevoked};
pub use preview::Preview;
pub use status::{ComponentStatus, ReleaseStatus};
