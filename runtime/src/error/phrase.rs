//! Parts of the sentences of errors.

use crate::component::ComponentName;

/// The first few of several sentences.
pub(super) fn listed(sentences: &[impl ToString]) -> String {
    const SHOWN: usize = 8;
    let mut text = sentences
        .iter()
        .take(SHOWN)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ");
    if sentences.len() > SHOWN {
        text.push_str(&format!("; and {} more", sentences.len() - SHOWN));
    }
    text
}

pub(super) fn because(reason: &str) -> String {
    if reason.is_empty() {
        String::new()
    } else {
        format!(": {reason}")
    }
}

pub(super) fn owner_of_route(owner: &Option<ComponentName>) -> String {
    match owner {
        Some(owner) => format!("`{owner}`"),
        None => "the host itself".into(),
    }
}

pub(super) fn owner(process: &Option<u32>) -> String {
    process.map(|id| format!(" ({id})")).unwrap_or_default()
}

pub(super) fn failed_starts(failures: u32) -> String {
    match failures {
        1 => "its last instance could not be started".into(),
        failures => format!("its last {failures} instances could not be started"),
    }
}
