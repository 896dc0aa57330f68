//! Deployments: how a release comes into service, and how calls find it.

mod approach;
mod end;
mod execute;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzz;
mod gate;
mod operation;
mod options;
mod packaging;
mod permissions;
mod plan;
mod record;
mod recover;
mod retention;
mod route;
mod serving;
mod start;
mod step_timing;
mod strategy;
mod turn;
mod unrecorded;

pub(crate) use execute::Deploy;
pub use execute::Deployment;
pub use operation::{
    ComponentPermissions, ComponentStatus, GrantOptions, PermissionChange, PermissionGranted, PermissionRevoked,
    Preview, ReleaseStatus,
};
pub use options::{DeployOptions, Origin, RollbackOptions, SplitOptions, StateChoice};
pub use packaging::Versioning;
pub(crate) use permissions::{HomeRule, Permissions, PolicySource, Project, Sources};
pub use record::{Action, DeploymentRecord, Outcome};
pub(crate) use recover::recover;
pub use retention::RetentionPolicy;
pub use route::{Key, KeySource, Rule, Rules, Sticky};
pub(crate) use serving::{DRAIN, Drains};
pub(crate) use start::{Ledgers, Starter, blocking};
pub use step_timing::StepTiming;
