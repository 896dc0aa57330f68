//! Differences between two releases in what is recorded beside the bytes.

use std::collections::HashSet;

use super::difference::{Difference, DifferenceKind};
use crate::component::limits::InstanceMode;
use crate::component::release::Release;

/// Compares everything but the types and the version.
pub(super) fn differences(old: &Release, new: &Release) -> Vec<Difference> {
    let mut found = Vec::new();
    found.extend(state(old, new));
    found.extend(kind(old, new));
    found.extend(capabilities(old, new));
    found.extend(limits(old, new));
    found.extend(instances(old, new));
    found
}

fn state(old: &Release, new: &Release) -> Option<Difference> {
    match (old.has_state, new.has_state) {
        (true, false) => Some(Difference::breaking(
            DifferenceKind::StateLost,
            "keeps no state: its saved state would not be handed on",
        )),
        (false, true) => Some(Difference::note(DifferenceKind::StateGained, "keeps state (new)")),
        _ => None,
    }
}

fn kind(old: &Release, new: &Release) -> Option<Difference> {
    let text = || format!("is a {}, and was a {}", new.kind, old.kind);
    (old.kind != new.kind).then(|| Difference::note(DifferenceKind::KindChanged, text()))
}

fn capabilities(old: &Release, new: &Release) -> Vec<Difference> {
    let before: HashSet<_> = old.requests.iter().collect();
    let after: HashSet<_> = new.requests.iter().collect();
    let mut found = Vec::new();
    // A manifest may ask for the same twice; each is told once, in the manifest's order.
    let mut told = HashSet::new();
    for request in new.requests.iter().filter(|request| !before.contains(request)) {
        if told.insert(request) {
            let text = format!("asks for {} (new)", shown(request));
            found.push(Difference::warning(DifferenceKind::CapabilityAdded, text));
        }
    }
    for request in old.requests.iter().filter(|request| !after.contains(request)) {
        if told.insert(request) {
            let text = format!("no longer asks for {}", shown(request));
            found.push(Difference::note(DifferenceKind::CapabilityRemoved, text));
        }
    }
    found
}

/// `file-read /data/**`; a custom capability may be asked for without a pattern.
fn shown((capability, pattern): (&str, &str)) -> String {
    format!("{capability} {pattern}").trim_end().to_owned()
}

fn limits(old: &Release, new: &Release) -> Vec<Difference> {
    let (old, new) = (&old.limits, &new.limits);
    let fuel = |units: u64| match units {
        0 => "not metered".to_owned(),
        units => units.to_string(),
    };
    // Memory as the manifest has it: what is rounded for people can be the same for two values.
    let all = [
        ("memory", String::from(old.memory), String::from(new.memory)),
        ("deadline", old.deadline.to_string(), new.deadline.to_string()),
        ("fuel", fuel(old.fuel), fuel(new.fuel)),
        ("concurrency", old.concurrency.to_string(), new.concurrency.to_string()),
    ];
    let changed = all.into_iter().filter(|(_, from, to)| from != to);
    let text = |(name, from, to)| format!("has another limit of {name}: {from} → {to}");
    changed
        .map(|limit| Difference::note(DifferenceKind::LimitChanged, text(limit)))
        .collect()
}

fn instances(old: &Release, new: &Release) -> Option<Difference> {
    let mode = |release: &Release| match release.instances {
        InstanceMode::Actor => "actor".to_owned(),
        InstanceMode::Pool { max } => format!("pool of {max}"),
        InstanceMode::Fresh => "fresh".to_owned(),
    };
    let text = || format!("has other instances: {} → {}", mode(old), mode(new));
    (old.instances != new.instances).then(|| Difference::note(DifferenceKind::InstancesChanged, text()))
}
