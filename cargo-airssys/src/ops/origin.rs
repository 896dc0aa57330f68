//! Who asks for a deployment, for the history.

use std::env;

use airssys_wasm::Origin;

/// The user of this process, with what the deployment is for.
pub(crate) fn origin(reason: Option<String>) -> Origin {
    let named = |name| env::var(name).ok().filter(|user| !user.is_empty());
    let user = named("USER").or_else(|| named("LOGNAME"));
    let mut origin = Origin::default();
    origin.by = Some(user.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw())));
    origin.note = reason;
    origin
}
