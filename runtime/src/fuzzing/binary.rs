//! Components, and lines of logs as they are kept.

use crate::component::{callable, inspect};
use crate::observe::LogEntry;

pub(super) fn component(bytes: &[u8]) {
    let looked_at = inspect(bytes);
    if let Err(error) = &looked_at {
        assert!(
            ["not-a-component", "too-complex", "too-large"].contains(&error.code().as_str()),
            "{error}"
        );
    }
    // There are components whose types have no text; one that is refused has none.
    assert!(callable(bytes).is_err() || looked_at.is_ok());
}

pub(super) fn log(bytes: &[u8]) {
    if let Ok(entry) = serde_json::from_slice::<LogEntry>(bytes) {
        let written = serde_json::to_vec(&entry).unwrap_or_default();
        assert!(!written.contains(&b'\n'));
        assert_eq!(serde_json::from_slice::<LogEntry>(&written).ok(), Some(entry));
    }
}
