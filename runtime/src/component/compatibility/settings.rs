//! Differences between two releases in what is recorded beside the bytes.

use std::collections::HashSet;

use super::difference::{Difference, DifferenceKind};
use crate::component::limit::Limit;
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
    found.extend(route(old, new));
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
    let change = |limit: Limit| {
        let (from, to) = (old.limits.amount(limit), new.limits.amount(limit));
        let shown = |amount| shown_exactly(limit, amount);
        let text = || format!("has another limit of {limit}: {} → {}", shown(from), shown(to));
        (from != to).then(|| Difference::note(DifferenceKind::LimitChanged, text()))
    };
    Limit::ALL.into_iter().filter_map(change).collect()
}

/// As the manifest has it: what is rounded for people can be the same for two values.
fn shown_exactly(limit: Limit, amount: u64) -> String {
    let line = limit.line(amount);
    match line.split_once('"') {
        Some((_, written)) => written.trim_end_matches('"').to_owned(),
        None => limit.shown(amount),
    }
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

/// Callers know a web API by its paths.
fn route(old: &Release, new: &Release) -> Option<Difference> {
    let (from, to) = (old.http_route()?, new.http_route()?);
    if from == to {
        return None;
    }
    let text = format!("gets other requests: {from} → {to}");
    Some(match to.covers(&from) {
        true => Difference::note(DifferenceKind::RouteChanged, text),
        false => Difference::breaking(DifferenceKind::RouteChanged, text),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::component::compatibility::compare;
    use crate::component::compatibility::tests::{lines, release};
    use crate::component::{ByteCount, CustomRequest, InstanceMode, Kind, Release, Span};

    /// Compares two records that differ in what `change` does to the new one.
    fn check_settings(change: impl Fn(&mut Release), there: &[&str], back: &[&str]) {
        let before = release("1.2.0", b"");
        let mut after = before.clone();
        change(&mut after);
        let compare = |old, new| lines(&compare((old, b""), (new, b""), true));
        assert_eq!(compare(&before, &after), there);
        assert_eq!(compare(&after, &before), back);
    }

    #[test]
    fn capabilities_are_told_when_they_are_asked_for_and_when_not() {
        check_settings(
            |new| {
                new.requests.file_read = vec!["/data/**".into(), "/data/**".into()];
                let bare = CustomRequest::default();
                new.requests.custom.insert("printer".into(), bare);
            },
            &[
                "warning capability-added: asks for file-read /data/** (new)",
                "warning capability-added: asks for printer (new)",
            ],
            &[
                "note capability-removed: no longer asks for file-read /data/**",
                "note capability-removed: no longer asks for printer",
            ],
        );
    }

    #[test]
    fn limits_and_instances_are_told_from_what_to_what() {
        check_settings(
            |new| {
                new.limits.memory = ByteCount((64 << 20) + 1);
                new.limits.deadline = Span(Duration::from_secs(90));
                new.limits.fuel = 5;
                new.limits.concurrency = 1;
                new.limits.host_calls = 7;
                new.limits.storage = ByteCount(1 << 20);
                new.instances = InstanceMode::Actor;
            },
            &[
                "note limit-changed: has another limit of memory: 64MiB → 67108865B",
                "note limit-changed: has another limit of deadline: 30s → 1m 30s",
                "note limit-changed: has another limit of fuel: not metered → 5",
                "note limit-changed: has another limit of concurrency: 64 → 1",
                "note limit-changed: has another limit of host-calls: 10000000 → 7",
                "note limit-changed: has another limit of storage: 2048MiB → 1MiB",
                "note instances-changed: has other instances: pool of 8 → actor",
            ],
            &[
                "note limit-changed: has another limit of memory: 67108865B → 64MiB",
                "note limit-changed: has another limit of deadline: 1m 30s → 30s",
                "note limit-changed: has another limit of fuel: 5 → not metered",
                "note limit-changed: has another limit of concurrency: 1 → 64",
                "note limit-changed: has another limit of host-calls: 7 → 10000000",
                "note limit-changed: has another limit of storage: 1MiB → 2048MiB",
                "note instances-changed: has other instances: actor → pool of 8",
            ],
        );
        check_settings(
            |new| new.instances = InstanceMode::Pool { max: 2 },
            &["note instances-changed: has other instances: pool of 8 → pool of 2"],
            &["note instances-changed: has other instances: pool of 2 → pool of 8"],
        );
    }

    #[test]
    fn lost_state_breaks_and_another_kind_is_a_note() {
        check_settings(
            |new| new.has_state = true,
            &["note state-gained: keeps state (new)"],
            &["breaking state-lost: keeps no state: its saved state would not be handed on"],
        );
        check_settings(
            |new| new.kind = Kind::Command,
            &["note kind-changed: is a command (wasi:cli/run), and was a library (exports of its own)"],
            &["note kind-changed: is a library (exports of its own), and was a command (wasi:cli/run)"],
        );
    }
}
