//! What can go wrong, with stable codes, and whose fault it is.

mod bounded;
mod code;
mod fault;
mod from;
mod host_resource;
mod phrase;
mod told;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use semver::Version;
use serde::{Deserialize, Serialize};

pub use self::bounded::Bounded;
pub use self::code::ErrorCode;
pub use self::host_resource::HostResource;
use self::phrase::{because, failed_starts, listed, owner, owner_of_route};
pub(crate) use self::told::{as_text, as_texts};
use crate::capability::{AboveCeiling, Capability, GrantError, Missing};
use crate::component::{
    ByteCount, ComponentError, ComponentName, HttpRoute, Kind, Limit, ManifestError, NameError, VersionError,
};
use crate::typed::ArgumentError;

/// Why an operation of a host failed.
///
/// As JSON it is read by the same version of this crate; programs in other languages compare the [code](Error::code).
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[non_exhaustive]
pub enum Error {
    /// A text is not a component name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A text is not a version.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// A manifest cannot be used.
    #[error("the manifest cannot be used")]
    Manifest(#[from] ManifestError),
    /// A pattern of a capability cannot be used.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// A policy file cannot be used.
    #[error("the policy {} cannot be used: {reason}", .path.display())]
    Policy {
        /// The file.
        #[serde(with = "as_text")]
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
        /// Whether others than its owner may write to it.
        is_exposed: bool,
    },
    /// A component asks for what it is not granted.
    #[error("{label} asks for what it is not granted: {}", listed(.missing))]
    NotGranted {
        /// `name@version`.
        label: String,
        /// What is not granted.
        missing: Vec<Missing>,
        /// The policy file that the host reads, if it reads one.
        #[serde(default)]
        policy: Option<String>,
    },
    /// A manifest raises limits further than the operator's ceilings let it.
    #[error("{label} asks for a limit of {}", listed(.above))]
    AboveCeiling {
        /// `name@version`.
        label: String,
        /// The limits.
        above: Vec<AboveCeiling>,
        /// The policy file that the host reads, if it reads one.
        #[serde(default)]
        policy: Option<String>,
    },
    /// A grant would be broader than one should be, and nobody has said that it is meant.
    #[error("`{pattern}` of `{capability}` is broad: {breadth}")]
    BroadGrant {
        /// The capability.
        capability: Capability,
        /// The pattern.
        pattern: String,
        /// Why it is broad.
        breadth: Cow<'static, str>,
    },
    /// A package says no name anywhere.
    #[error("the component has no name")]
    Unnamed,
    /// The bytes are not a component that this host can run.
    #[error("not a component: {reason}")]
    NotAComponent {
        /// What is wrong with them.
        reason: String,
    },
    /// Something is larger than its limit.
    #[error("{what} of {size} bytes is larger than the limit of {limit} bytes")]
    TooLarge {
        /// What is too large.
        what: Bounded,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A component consists of more than it may, so that validating or compiling it could take too much.
    #[error("the component has {count} {what} or more, and may have at most {limit}")]
    TooComplex {
        /// What was counted.
        what: Cow<'static, str>,
        /// How many there are in the part that was read.
        count: u64,
        /// The most there may be.
        limit: u64,
    },
    /// The types of a valid component have no form in WIT, so that what it exports cannot be shown.
    #[error("the component's types have no form in WIT: {reason}")]
    NoWit {
        /// What is odd about them.
        reason: String,
    },
    /// A component imports what this host does not offer.
    #[error("the component imports `{import}`, which this host does not offer{}", because(.reason))]
    UnknownImport {
        /// The import.
        import: String,
        /// How it differs from what is offered, when an interface of that name is.
        reason: String,
    },
    /// A component exports an interface in another form than the contract's.
    #[error("the component's export `{export}` does not follow the contract: {reason}")]
    MistypedExport {
        /// The export.
        export: String,
        /// How it differs.
        reason: String,
    },
    /// A valid component could not be compiled.
    #[error("the component could not be compiled: {reason}")]
    Compile {
        /// What the compiler says.
        reason: String,
    },
    /// Components of this kind take no messages.
    #[error("`{name}` takes no messages: it is a {kind}")]
    NotCallable {
        /// The component.
        name: ComponentName,
        /// Its kind.
        kind: Kind,
    },
    /// A component has an `[http]` section and answers no HTTP requests.
    #[error("`{name}` has a section `[http]` and answers no HTTP requests: it is a {kind}")]
    NotHttp {
        /// The component.
        name: ComponentName,
        /// Its kind.
        kind: Kind,
    },
    /// Another component gets the HTTP requests that this one is to get.
    #[error("the HTTP requests of the route `{route}` go to {}", owner_of_route(.owner))]
    RouteTaken {
        /// The route.
        route: HttpRoute,
        /// The component that has it; none when the host serves these paths itself.
        owner: Option<ComponentName>,
    },
    /// A component has no export of this name, or several.
    #[error("`{component}` exports {} `{export}`", if .candidates.is_empty() { "no function" } else { "several functions" })]
    UnknownExport {
        /// The component.
        component: ComponentName,
        /// The name.
        export: String,
        /// The exports that the name may mean, by their shortest unambiguous names; none when there is no such export.
        candidates: Vec<String>,
        /// An export with a name like it.
        nearest: Option<String>,
    },
    /// An export of the contract that the host calls itself, at its own times.
    #[error("`{0}` is not offered to callers: the host calls it")]
    ReservedExport(String),
    /// An export takes or returns what has no text form: resources, streams, futures.
    #[error("`{export}` cannot be called from outside: its signature {signature} has a type without a text form")]
    UnsupportedType {
        /// The export.
        export: String,
        /// Its signature.
        signature: String,
    },
    /// The arguments of a call do not fit the export, or cannot be read.
    #[error("{0}")]
    Arguments(Box<ArgumentError>),
    /// The guest trapped; its instance was discarded.
    #[error("the guest trapped: {message}")]
    Trap {
        /// What the trap was, and where in the guest.
        message: String,
    },
    /// The guest did not return in time; its instance was discarded.
    #[error("the guest did not return from {entry} within its deadline of {deadline:?}")]
    Deadline {
        /// The function that was entered.
        entry: String,
        /// The deadline.
        deadline: Duration,
    },
    /// The guest used up the fuel of its call; its instance was discarded.
    #[error("the guest used up its fuel of {fuel}")]
    Fuel {
        /// The limit.
        fuel: u64,
    },
    /// The guest failed because it was refused more memory; its instance was discarded.
    #[error("the guest needs more memory than its limit of {limit}")]
    Memory {
        /// The limit.
        limit: ByteCount,
    },
    /// The guest went beyond another of its limits; its instance was discarded.
    #[error("{}", .limit.excess(*.allowed))]
    Limit {
        /// The limit.
        limit: Limit,
        /// How much it lets the guest have.
        allowed: u64,
    },
    /// All components together use up what the host has of memory, instances or calls, and this one has its share already.
    #[error("`{name}` was refused {}: the host has {} of its {} left, and gives it to components with less first", .resource.more(), .resource.shown(*.left), .resource.shown(*.budget))]
    OverBudget {
        /// The component.
        name: ComponentName,
        /// What there is too little of.
        resource: HostResource,
        /// What was left.
        left: u64,
        /// What the host has.
        budget: u64,
    },
    /// The guest returned, or gave up, without a response to an HTTP request.
    #[error("the component gave no response: {reason}")]
    NoResponse {
        /// What it did instead.
        reason: String,
    },
    /// The body of an HTTP request ended before it was whole.
    #[error("the body of the request broke off: {reason}")]
    BrokenRequest {
        /// Why.
        reason: Cow<'static, str>,
    },
    /// The component answered with an error.
    #[error("the component answered: {0}")]
    Guest(#[source] ComponentError),
    /// A command ended with an exit status that is not 0.
    #[error("the command ended with exit status {status}")]
    Exit {
        /// The exit status.
        status: i32,
    },
    /// A component says that it cannot do its work.
    #[error("the component is unhealthy: {reason}")]
    Unhealthy {
        /// What it says.
        reason: String,
    },
    /// As many calls as the limit allows run or wait already.
    #[error("`{name}` has {limit} calls running or waiting, which is its limit")]
    Busy {
        /// The component.
        name: ComponentName,
        /// The limit.
        limit: u32,
    },
    /// The last instances of a release could not be started, and the next is not tried yet.
    #[error("{label} is not started again for {retry_in:.1?}: {} ({reason})", failed_starts(*.failures))]
    BackingOff {
        /// `name@version`.
        label: String,
        /// How many starts have failed, one after the other.
        failures: u32,
        /// Why the last one did.
        reason: String,
        /// When the next is tried.
        retry_in: Duration,
    },
    /// So many instances of a release could not be started, one after the other, that no more are for a longer time.
    #[error("{label} is quarantined since {}: {} ({reason})", since.format("%Y-%m-%d %H:%M:%S UTC"), failed_starts(*.failures))]
    Quarantined {
        /// `name@version`.
        label: String,
        /// How many starts have failed, one after the other.
        failures: u32,
        /// Since when.
        since: DateTime<Utc>,
        /// Why the last one failed.
        reason: String,
        /// When one start is tried.
        retry_in: Duration,
    },
    /// No component of this name is deployed.
    #[error("no component `{name}` is deployed")]
    UnknownComponent {
        /// The name.
        name: ComponentName,
        /// A deployed name like it.
        nearest: Option<ComponentName>,
    },
    /// A release of this name and version has other bytes.
    #[error("{label} exists already with other bytes")]
    ReleaseExists {
        /// `name@version`.
        label: String,
    },
    /// Another deployment of the component came first.
    #[error("another deployment of `{name}` is under way")]
    Conflict {
        /// The component.
        name: ComponentName,
    },
    /// A deployment failed, and what was deployed before still is.
    #[error("the deployment of {label} failed")]
    Deployment {
        /// `name@version`.
        label: String,
        /// Why.
        #[source]
        reason: Box<Error>,
    },
    /// A release is not in the state directory.
    #[error("there is no release {label}")]
    UnknownRelease {
        /// `name@version`.
        label: String,
        /// The versions that are there.
        known: Vec<Version>,
    },
    /// The bytes of a release were removed, because newer ones took the place that its component may have.
    #[error("the bytes of {label} were removed to make room for newer releases")]
    ReleaseCollected {
        /// `name@version`.
        label: String,
    },
    /// A component has no earlier release to go back to.
    #[error("`{name}` has no earlier release to go back to")]
    NothingEarlier {
        /// The component.
        name: ComponentName,
    },
    /// A component cannot go back with an earlier state, because none was kept.
    #[error("no state was kept from when {label} was replaced")]
    NoEarlierState {
        /// `name@version`.
        label: String,
    },
    /// A release breaks what the callers of a component rely on.
    #[error("{label} is not compatible with {from}: {}", listed(.differences))]
    Incompatible {
        /// `name@version` of the new release.
        label: String,
        /// The version that serves.
        from: Version,
        /// What breaks, a sentence each.
        differences: Vec<String>,
    },
    /// A component cannot be deployed in the way that was asked for.
    #[error("`{name}` cannot be deployed by {strategy}: {reason}")]
    UnsuitableStrategy {
        /// The component.
        name: ComponentName,
        /// The strategy.
        strategy: Cow<'static, str>,
        /// Why.
        reason: Cow<'static, str>,
    },
    /// What a deployment was asked to do contradicts itself, or an option is outside its range.
    #[error("{reason}")]
    InvalidOptions {
        /// What is wrong.
        reason: String,
    },
    /// A watched release exceeded a bound.
    #[error("the gate `{gate}` failed: {measured}")]
    GateFailed {
        /// The gate.
        gate: String,
        /// What was measured.
        measured: String,
    },
    /// A deployment was given up while it was under way.
    #[error("the deployment was given up: {reason}")]
    Aborted {
        /// By whom or what.
        reason: Cow<'static, str>,
    },
    /// A call was cancelled, because its release was drained and it did not end in time.
    #[error("the call was cancelled: {label} was replaced, and its calls had to end")]
    Cancelled {
        /// `name@version`.
        label: String,
    },
    /// Another process owns the state directory.
    #[error("another process{} owns the state directory {}", owner(.process), directory.display())]
    StateInUse {
        /// The directory.
        #[serde(with = "as_text")]
        directory: PathBuf,
        /// The process, when it is known.
        process: Option<u32>,
    },
    /// The state directory cannot be used.
    #[error("{operation} failed in the state directory")]
    Store {
        /// What was done.
        operation: Cow<'static, str>,
        /// Why it failed.
        #[source]
        #[serde(with = "as_texts")]
        reason: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A record or blob of the state directory is damaged.
    #[error("the state directory is damaged: {what}")]
    Damaged {
        /// What is damaged.
        what: String,
    },
    /// What happens cannot be recorded, and the policy says to stop then.
    #[error("nothing can be recorded in the audit log: {reason}")]
    AuditUnavailable {
        /// Why.
        reason: String,
    },
    /// The engine could not be set up on this machine.
    #[error("the engine could not be set up: {reason}")]
    Engine {
        /// Why.
        reason: String,
    },
    /// A directory of a component is where it cannot be used on this machine.
    #[error("the directory `{directory}` is mounted where it cannot be used: {reason}")]
    Mount {
        /// Its guest path.
        directory: String,
        /// What is wrong with where it is.
        reason: String,
    },
    /// The program that compiles components cannot be used.
    #[error("the compiler {} cannot be used: {reason}", program.display())]
    CompilerUnavailable {
        /// The program.
        #[serde(with = "as_text")]
        program: PathBuf,
        /// Why.
        reason: String,
    },
    /// No HTTP requests can be taken at an address.
    #[error("no HTTP requests can be taken at {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        reason: String,
    },
    /// An address that other machines reach was not asked for as such.
    #[error("other machines reach {address}, and only this one may")]
    RemoteAddress {
        /// The address.
        address: SocketAddr,
    },
    /// The host was shut down.
    #[error("the host is shut down")]
    Closed,
    /// No host answers for the state directory.
    #[error("no host answers for the state directory {}: {reason}", directory.display())]
    Unreachable {
        /// The directory.
        #[serde(with = "as_text")]
        directory: PathBuf,
        /// Why.
        reason: String,
    },
    /// A request to a running host breaks the protocol or one of its limits.
    #[error("the host refused the request: {reason}")]
    Refused {
        /// Which rule it breaks.
        reason: String,
    },
}

/// The result of an operation of a host.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests;
