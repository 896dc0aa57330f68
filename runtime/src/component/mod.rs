//! What a component is: its name, its manifest, its immutable releases, and what its bytes say.

mod bounds;
mod compatibility;
mod decode;
mod digest;
mod exports;
mod gate;
mod http_route;
mod inspect;
mod kind;
mod limits;
mod manifest;
mod message;
mod metadata;
mod name;
mod package;
mod quantity;
mod release;
mod requests;
mod rollout;
mod version;

pub use compatibility::{Compatibility, Difference, DifferenceKind, Severity, compare};
pub use digest::Digest;
pub(crate) use digest::hexadecimal;
pub use exports::{Callable, Export, callable};
pub use gate::{Bound, Gate};
pub use http_route::{HttpRoute, HttpRouteError};
pub(crate) use http_route::{MAX_PARTS, OWN};
pub(crate) use inspect::MAX_COMPONENT_BYTES;
pub use inspect::{Inspection, MANIFEST_SECTION, Producer, inspect};
pub use kind::Kind;
pub(crate) use kind::{GUEST, INCOMING_HANDLER, RUN, STATE};
pub use limits::{InstanceMode, Limits};
pub(crate) use manifest::nearest;
pub use manifest::{
    BuildSection, ComponentSection, HttpSection, InstancesSection, LimitsSection, Manifest, ManifestError,
};
pub use message::{ComponentError, Failure, Health, MAX_MESSAGE_BYTES, Message};
pub use name::{ComponentName, NameError};
pub use package::Package;
pub(crate) use package::Said;
pub use quantity::{ByteCount, Span};
pub use release::Release;
pub use requests::{AccessRequests, CustomRequest};
pub(crate) use rollout::grows_to_all;
pub use rollout::{DeploySection, Percent, Strategy, StrategyName};
pub use version::{VersionError, development_version, parse_version};
