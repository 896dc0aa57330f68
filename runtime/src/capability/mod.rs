//! What a component may do: capabilities, what is granted of them, and the gate that decides.

mod access;
mod address;
mod asked;
mod ceiling;
mod decision;
mod gate;
mod glob;
mod grant;
mod grants;
mod host_name;
mod index;
mod kept;
mod kind;
mod missing;
mod mount;
mod path;
mod policy;
mod policy_file;
mod subtree;
mod system_call;
mod text_pattern;
mod tool_files;

pub(crate) use access::Access;
pub(crate) use address::Scheme;
pub use ceiling::AboveCeiling;
#[doc(hidden)]
pub use decision::Decision;
pub(crate) use gate::{Clearance, Denied, Gate};
pub(crate) use grant::MAX_NAME;
pub use grant::{Grant, GrantError};
pub(crate) use grants::{CommonFiles, GrantSet, Granted, Grants, MAX_COMMANDS};
pub use grants::{Refusal, Source};
pub(crate) use host_name::HostName;
pub(crate) use kept::{HeldMount, Kept};
pub use kind::{Capability, UnknownCapability};
pub use missing::Missing;
pub(crate) use mount::{Mount, without_links};
pub(crate) use path::{MAX_PATH, below, is_normalised, is_within};
pub(crate) use policy::unsuitable;
pub use policy::{Policy, PolicyAudit, PolicyGrant, PolicyTls};
pub(crate) use policy_file::{parse_policy, read_policy};
pub use system_call::SystemCall;
pub(crate) use tool_files::is_taken_by_tools;
