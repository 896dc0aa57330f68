//! The descriptors of a program that serves.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use airssys_wasm::withhold_descriptors;

/// Keeps inherited descriptors from what this program starts, and lets it have as many as the system allows: the usual
/// limit is meant for programs that wait for few of them.
pub(crate) fn prepare() -> std::io::Result<()> {
    withhold_descriptors()?;
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // A limit that cannot be raised holds.
    let _ = setrlimit(Resource::Nofile, raised);
    Ok(())
}
