//! What serves a component, as one line without spaces.

use std::fmt::Display;

use airssys_wasm::Host;

/// The line of a component that is not deployed.
pub const GONE: &str = "gone";

/// The line of a route: each version with its weight, and how many instances a pool may have.
pub fn route_line<V: Display>(weights: &[(V, u32)], max: Option<u32>) -> String {
    let shares: Vec<String> = weights
        .iter()
        .map(|(version, weight)| format!("{version}:{weight}"))
        .collect();
    let max = max.map(|max| format!("/{max}")).unwrap_or_default();
    format!("{}{max}", shares.join(","))
}

/// The line of a component, as a host has it.
pub fn route_of(host: &Host, component: &str) -> String {
    let status = host.status();
    let Some(status) = status.iter().find(|status| status.release.name.as_str() == component) else {
        return GONE.into();
    };
    let routed = status
        .releases
        .iter()
        .filter_map(|release| Some((&release.version, release.weight?)));
    let max = status.releases.first().and_then(|release| release.max_instances);
    route_line(&routed.collect::<Vec<_>>(), max)
}
