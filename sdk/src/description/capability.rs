//! What a component asks to be allowed to do.

/// A kind of access and the pattern that says to what.
///
/// Asking grants nothing: the operator decides.
/// Paths are the component's own, for example `/data/**`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// Read files and list directories whose path matches the pattern.
    FileRead(String),
    /// Create, change and remove files whose path matches the pattern.
    FileWrite(String),
    /// Connect to an address: `scheme://host:port`.
    /// A bare host means `https` on port 443.
    NetworkOutbound(String),
    /// Listen on an address: a port on loopback, or `address:port`.
    NetworkInbound(String),
    /// Run the system call to which the operator gave this name.
    SystemCall(String),
    /// Use the key-value bucket of this name.
    Storage(String),
    /// Send to the component or topic of this name.
    Messaging(String),
    /// Something that the operator has defined.
    Custom {
        /// The name of the capability, for example `acme:gpu`.
        name: String,
        /// What is asked for, in the terms of that capability.
        pattern: String,
    },
}
