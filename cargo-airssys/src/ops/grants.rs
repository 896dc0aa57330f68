//! Granting what a component asks for and is not granted, when a person has said yes.

use super::origin::origin;
use airssys_wasm::capability::{Grant, Missing};
use airssys_wasm::component::ComponentName;
use airssys_wasm::control::Client;
use airssys_wasm::{Error, GrantOptions};

/// Grants it, with the directory that is nowhere yet as the one of this machine that has the same path.
pub(crate) async fn give(client: &Client, name: &ComponentName, missing: &Missing, reason: &str) -> Result<(), Error> {
    let grant = Grant::parse(missing.capability.clone(), &missing.pattern)?;
    let mut options = GrantOptions::default();
    let directories = missing.unmounted.iter();
    options.mounts = directories.map(|path| (path.clone(), path.into())).collect();
    options.broad = grant.breadth().is_some();
    options.origin = origin(Some(reason.to_owned()));
    client.grant(name, &grant, &options).await?;
    Ok(())
}

/// Whether nothing speaks against granting it at the press of a key: it is not broad, and nobody has revoked it.
pub(crate) fn is_plain(missing: &Missing) -> bool {
    let grant = Grant::parse(missing.capability.clone(), &missing.pattern);
    !missing.revoked && grant.is_ok_and(|grant| grant.breadth().is_none())
}
