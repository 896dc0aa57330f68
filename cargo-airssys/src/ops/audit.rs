//! What is known of an audit log beside it.

use std::path::Path;

use super::host::{self, quiet};
use super::state::StatePlace;
use crate::bounded;
use crate::exit::Failure;
use airssys_wasm::audit::{AuditHead, AuditReader, Checkpoint, Expected, PublicKey, Recorded, key_files};
use airssys_wasm::control::Client;
use airssys_wasm::{Error, Host};

/// What the log in a state directory is to be: as the store or the running host knows it, and as these files say.
pub(crate) fn expected(place: &StatePlace, key: Option<&Path>, checkpoint: Option<&Path>) -> anyhow::Result<Expected> {
    let mut expected = Expected::default();
    if place.exists() {
        (expected.recorded, expected.is_recorded) = host::aside(async || recorded(&place.directory).await)?;
    }
    expected.checkpoint = checkpoint.map(read_checkpoint).transpose()?;
    expected.key = match (key, &expected.recorded) {
        (Some(file), _) => Some(PublicKey::read(file).map_err(|error| unusable(file, &error.to_string()))?),
        // What is kept outside of the state directory says more than what is in it.
        (None, recorded) => {
            let origin = recorded
                .as_ref()
                .map(|head| head.origin.clone())
                .or_else(|| begun(&place.directory));
            origin.and_then(|origin| PublicKey::read(&key_files(&place.key_file(), &origin).1).ok())
        }
    };
    Ok(expected)
}

/// What a log says of itself, when nobody else knows it.
fn begun(directory: &Path) -> Option<String> {
    let first = AuditReader::new(directory).next().ok()?.into_iter().next()?.ok()?;
    match first.recorded {
        Recorded::LogBegun { origin, .. } => Some(origin),
        _ => None,
    }
}

/// Of a running host it is what that has written, without one what the store knows; whether it is of the store.
async fn recorded(directory: &Path) -> Result<(Option<AuditHead>, bool), Error> {
    let mut pause = tokio::time::interval(host::PAUSE);
    loop {
        pause.tick().await;
        match Client::connect(directory, quiet()).await {
            Ok(client) => return Ok((client.audit().await?.head, false)),
            Err(Error::Unreachable { .. }) => {}
            Err(error) => return Err(error),
        }
        match Host::recorded_audit(directory).await {
            // A host that begins or ends answers soon.
            Err(Error::StateInUse { .. }) => {}
            found => return Ok((found?, true)),
        }
    }
}

fn read_checkpoint(file: &Path) -> Result<Checkpoint, Failure> {
    let text = bounded::read(file, bounded::MAX_TEXT).map_err(|error| unusable(file, &error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| unusable(file, &error.to_string()))
}

fn unusable(file: &Path, reason: &str) -> Failure {
    let message = format!("{} cannot be used: {reason}", file.display());
    let help =
        "`{cli} audit checkpoint --export FILE` writes a checkpoint; a public key is beside the key of the cache";
    Failure::usage("unusable-file", message, help)
}
