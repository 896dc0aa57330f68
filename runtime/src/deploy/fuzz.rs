//! Any bytes, as if the store had them as a record.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::record::{DeploymentRecord, decode, decode_state, encode, encode_state};
use super::route::RouteRecord;
use crate::component::Release;

/// What is kept of releases, routes and deployments.
pub(crate) fn deployed(bytes: &[u8]) {
    alike::<Release>(bytes);
    alike::<RouteRecord>(bytes);
    alike::<DeploymentRecord>(bytes);
}

/// A saved state.
pub(crate) fn state(bytes: &[u8]) {
    if let Ok(saved) = decode_state("a", bytes) {
        assert_eq!(decode_state("a", &encode_state(&saved)).ok(), Some(saved));
    }
}

/// What was read is written, and what was written is read as the same.
fn alike<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let Ok(read) = decode::<T>("a record", bytes) else {
        return;
    };
    let written = encode(&read).unwrap_or_default();
    let again = decode::<T>("a record", &written)
        .ok()
        .map(|again| encode(&again).unwrap_or_default());
    assert_eq!(
        again.as_deref(),
        Some(&*written),
        "{}",
        String::from_utf8_lossy(&written)
    );
}
