//! `status`: what is deployed, and how it is doing.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use serde_json::json;

use super::rollout::listener;
use super::verb::{Context, Verb};
use crate::ops::host;
use crate::shell::{aligned, percent, took};
use airssys_wasm::audit::AuditStatus;
use airssys_wasm::component::{ByteCount, ComponentName, Health, Limit};
use airssys_wasm::control::Client;
use airssys_wasm::{ComponentStatus, Error, HostUsage, LimitUsage, Quarantine, ReleaseStatus, Total, printable_line};

/// Show what is deployed, and how it is doing
#[derive(Debug, Parser)]
#[command(name = "status")]
pub(super) struct Status {
    /// Only this component
    name: Option<String>,
}

impl Verb for Status {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("status", "a line for each release that takes calls or is kept warm"),
        ("status hello", "of one component"),
        ("status -o json", "everything that is recorded and counted"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let place = context.state()?;
        let name = self.name.as_deref().map(str::parse::<ComponentName>);
        let name = name.transpose().map_err(Error::from)?;
        let ask = async |client: &Client| {
            if let Some(name) = &name {
                // It fails with the nearest name when there is no such component.
                client.release(name).await?;
            }
            let mut components = client.status().await?;
            components.retain(|status| name.as_ref().is_none_or(|name| *name == status.release.name));
            Ok((components, client.audit().await?, Some(client.usage().await?)))
        };
        let nothing = || match &name {
            Some(name) => Err(Error::UnknownComponent {
                name: name.clone(),
                nearest: None,
            }),
            None => Ok((Vec::new(), AuditStatus::default(), None)),
        };
        let (components, audit, usage) = host::with_existing(&place, listener(&context.shell), ask, nothing)?;
        if let Some(reason) = &audit.reason {
            let (state, lost) = (audit.state.name(), audit.lost);
            let text = format!("the audit log cannot be written ({state}, {lost} entries lost): {reason}");
            context.shell.warn(printable_line(&text));
        }
        for resource in usage.iter().flat_map(scarce) {
            context.shell.warn(resource);
        }
        let value = json!({ "state_dir": place.directory, "components": components, "audit": audit, "host": usage });
        if components.is_empty() {
            let text = format!("Nothing is deployed in {}", place.directory.display());
            return Ok(context.shell.result(text, &value)?);
        }
        let mut text = table(&components, Utc::now());
        if let (Some(_), [status]) = (&name, components.as_slice()) {
            text.push_str("\n\n");
            text.push_str(&limits(&status.limits));
            let quarantined = status
                .releases
                .iter()
                .filter_map(|release| Some((release, release.quarantine.as_ref()?)));
            for (release, quarantine) in quarantined {
                let label = format!("{}@{}", status.release.name, release.version);
                text.push_str(&format!("\n\n{}", isolated(&label, quarantine)));
            }
        }
        Ok(context.shell.result(text, &value)?)
    }
}

fn table(components: &[ComponentStatus], now: DateTime<Utc>) -> String {
    let head = [
        "NAME",
        "VERSION",
        "WEIGHT",
        "IN FLIGHT",
        "CALLS",
        "ERRORS",
        "P50",
        "P99",
        "HEALTH",
        "DEPLOYED",
    ];
    let rows = components.iter().flat_map(|status| {
        let sum: u32 = status.releases.iter().filter_map(|release| release.weight).sum();
        status
            .releases
            .iter()
            .map(move |release| row(status, release, sum, now))
    });
    let rows = std::iter::once(head.map(str::to_owned)).chain(rows);
    aligned(&rows.collect::<Vec<_>>())
}

/// What a host has little left of, so that it looks at who has how much: less than an eighth.
fn scarce(usage: &HostUsage) -> Vec<String> {
    let HostUsage {
        memory,
        instances,
        calls,
        ..
    } = usage;
    let bytes = |total: &Total| (ByteCount(total.used).to_string(), ByteCount(total.budget).to_string());
    let number = |total: &Total| (total.used.to_string(), total.budget.to_string());
    let all = [
        (memory, bytes(memory), "memory of its instances"),
        (instances, number(instances), "instances"),
        (calls, number(calls), "calls that run or wait"),
    ];
    let scarce = all
        .into_iter()
        .filter(|(total, ..)| total.used > total.budget - total.budget / 8);
    let told = scarce.map(|(_, (used, budget), what)| {
        format!("the host uses {used} of its {budget} for {what}: only components with less than their share get more")
    });
    told.collect()
}

/// A line for each limit.
fn limits(all: &[LimitUsage]) -> String {
    let head = ["LIMIT", "USED", "PEAK", "ALLOWED", "CEILING", "REACHED"].map(str::to_owned);
    let rows = all.iter().map(|usage| {
        let shown = |amount: Option<u64>| amount.map_or_else(|| "-".to_owned(), |amount| usage.limit.shown(amount));
        let period = match usage.limit {
            Limit::Output | Limit::OutboundRequests => " in a second",
            Limit::OutboundBytes | Limit::NameLookups => " in a minute",
            Limit::Memory => " each instance",
            _ => "",
        };
        [
            usage.limit.to_string(),
            shown(usage.used),
            shown(usage.peak),
            shown(Some(usage.allowed)) + period,
            match usage.ceiling {
                u64::MAX => "-".into(),
                ceiling => usage.limit.shown(ceiling),
            },
            usage.reached.to_string(),
        ]
    });
    aligned(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

/// Why a release is not started, and when it is.
fn isolated(label: &str, quarantine: &Quarantine) -> String {
    format!(
        "{label} is quarantined since {}, because its instances could not be started: {}\n\
         One start is tried in {:.0} s; `resume` tries it now.",
        quarantine.since.format("%Y-%m-%d %H:%M:%S UTC"),
        printable_line(&quarantine.reason),
        quarantine.retry_in_seconds,
    )
}

fn row(status: &ComponentStatus, release: &ReleaseStatus, sum: u32, now: DateTime<Utc>) -> [String; 10] {
    let nothing = || "-".to_owned();
    [
        status.release.name.to_string(),
        release.version.to_string(),
        match release.weight {
            Some(weight) => percent(f64::from(weight) / f64::from(sum)),
            None => "warm".into(),
        },
        release.in_flight.to_string(),
        release.calls.to_string(),
        release.error_rate.map_or_else(nothing, percent),
        release.p50.map_or_else(nothing, took),
        release.p99.map_or_else(nothing, took),
        match &release.health {
            _ if release.quarantine.is_some() => "quarantined".into(),
            Some(Health::Healthy) => "healthy".into(),
            Some(Health::Degraded(_)) => "degraded".into(),
            Some(Health::Unhealthy(_)) => "unhealthy".into(),
            _ => nothing(),
        },
        match release.weight {
            Some(_) => ago(now - status.deployed_at),
            None => nothing(),
        },
    ]
}

/// `12 min ago`.
fn ago(age: TimeDelta) -> String {
    let (days, hours, minutes) = (age.num_days(), age.num_hours(), age.num_minutes());
    match () {
        () if days > 0 => format!("{days} d ago"),
        () if hours > 0 => format!("{hours} h ago"),
        () if minutes > 0 => format!("{minutes} min ago"),
        () => "now".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_scarce_is_told_and_nothing_else() {
        let usage = |used: u64| {
            let total = |used: u64, budget: u64| json!({ "used": used, "budget": budget });
            let usage = json!({
                "memory": total(1 << 20, 1 << 30), "instances": total(10, 1_000), "calls": total(used, 64), "active": 1,
            });
            serde_json::from_value::<HostUsage>(usage).unwrap()
        };
        assert!(scarce(&usage(56)).is_empty());
        let told = scarce(&usage(57));
        assert!(
            told.len() == 1 && told[0].starts_with("the host uses 57 of its 64 for calls"),
            "{told:?}"
        );
    }

    #[test]
    fn an_age_has_the_unit_that_fits() {
        let check = |seconds, text| assert_eq!(ago(TimeDelta::seconds(seconds)), text);
        check(-1, "now");
        check(59, "now");
        check(720, "12 min ago");
        check(7_300, "2 h ago");
        check(200_000, "2 d ago");
    }
}
