//! How far manifests may raise limits: the operator's ceilings.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Policy;
use crate::component::{ByteCount, ComponentName, Limit, Limits, LimitsSection, MAX_TABLE_ELEMENTS, Span};

/// A limit that a manifest raises beyond the operator's ceiling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AboveCeiling {
    /// The limit.
    pub limit: Limit,
    /// What the manifest asks for: bytes, nanoseconds or a number.
    pub asked: u64,
    /// The most that it may be.
    pub ceiling: u64,
    /// Whether the policy has ceilings for this component by its name already.
    pub has_own: bool,
}

impl fmt::Display for AboveCeiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (asked, ceiling) = (self.limit.shown(self.asked), self.limit.shown(self.ceiling));
        write!(f, "{} of {asked}, and may have at most {ceiling}", self.limit)
    }
}

/// The ceilings where no policy says others.
///
/// They leave room for what components in all languages need, and keep one of them from asking for the whole machine.
fn default_ceiling(limit: Limit) -> u64 {
    let ceilings = LimitsSection {
        memory: Some(ByteCount(1 << 30)),
        tables: Some(MAX_TABLE_ELEMENTS),
        deadline: Some(Span(std::time::Duration::from_secs(600))),
        fuel: Some(0),
        concurrency: Some(1_024),
        host_calls: Some(1_000_000_000),
        handles: Some(65_536),
        output: Some(ByteCount(16 << 20)),
        storage: Some(ByteCount(64 << 30)),
        outbound_requests: Some(10_000),
        outbound_bytes: Some(ByteCount(64 << 30)),
        name_lookups: Some(6_000),
    };
    ceilings.amount(limit).unwrap_or(u64::MAX)
}

impl Policy {
    /// What of these limits is above the ceilings of a component.
    pub(crate) fn above_ceiling(&self, name: &ComponentName, limits: &Limits) -> Vec<AboveCeiling> {
        let above = |limit: Limit| {
            let (asked, ceiling) = (limits.amount(limit), self.ceiling(name, limit));
            (asked > ceiling).then(|| AboveCeiling {
                limit,
                asked,
                ceiling,
                has_own: self.ceilings.contains_key(name.as_str()),
            })
        };
        Limit::ALL.into_iter().filter_map(above).collect()
    }

    /// The most that a manifest may say: by the component's name, else for its namespace, else for all, else by default.
    pub(crate) fn ceiling(&self, name: &ComponentName, limit: Limit) -> u64 {
        let namespace = name.as_str().split_once(':').map(|(own, _)| format!("{own}:*"));
        let keys = [Some(name.as_str()), namespace.as_deref(), Some("*")];
        let said = keys
            .into_iter()
            .flatten()
            .find_map(|key| self.ceilings.get(key)?.amount(limit));
        said.unwrap_or_else(|| default_ceiling(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"
policy-version = 1
[ceiling."*"]
memory = "128MiB"
deadline = "1h"
[ceiling."acme:*"]
memory = "256MiB"
fuel = 1000
[ceiling."acme:greeter"]
memory = "2GiB"
"#;

    fn above(policy: &str, name: &str, change: impl FnOnce(&mut Limits)) -> Vec<String> {
        let mut limits = Limits::default();
        change(&mut limits);
        let above = Policy::parse(policy)
            .unwrap()
            .above_ceiling(&name.parse().unwrap(), &limits);
        above.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_defaults_of_all_limits_are_below_the_ceilings() {
        assert_eq!(
            Policy::default().above_ceiling(&"a".parse().unwrap(), &Limits::default()),
            []
        );
    }

    #[test]
    fn every_limit_has_a_ceiling_where_nothing_is_said() {
        for limit in Limit::ALL {
            // No fuel is the default, and no table is larger than the largest.
            assert_eq!(default_ceiling(limit) == u64::MAX, limit == Limit::Fuel, "{limit}");
        }
    }

    #[test]
    fn the_nearest_ceiling_counts_for_each_limit() {
        let memory = |bytes: u64| move |limits: &mut Limits| limits.memory = ByteCount(bytes);
        let check = |name: &str, bytes: u64, expected: &[&str]| {
            assert_eq!(above(POLICY, name, memory(bytes)), expected, "{name}");
        };
        check("other", 128 << 20, &[]);
        check(
            "other",
            129 << 20,
            &["memory of 129.0 MiB, and may have at most 128.0 MiB"],
        );
        // The namespace wants fuel to be metered.
        check("acme:a", 256 << 20, &["fuel of not metered, and may have at most 1000"]);
        check(
            "acme:greeter",
            2 << 30,
            &["fuel of not metered, and may have at most 1000"],
        );
        let hour = |limits: &mut Limits| {
            limits.fuel = 1;
            limits.deadline = Span(std::time::Duration::from_secs(3_600));
        };
        assert_eq!(above(POLICY, "acme:greeter", hour), [""; 0]);
        let longer = ["deadline of 1h, and may have at most 10m"];
        assert_eq!(above("policy-version = 1", "acme:greeter", hour), longer);
    }

    #[test]
    fn a_ceiling_is_for_a_component_a_namespace_or_all() {
        let check = |key: &str, part: &str| {
            let text = format!("policy-version = 1\n[ceiling.\"{key}\"]\nmemory = \"1GiB\"\n");
            match Policy::parse(&text) {
                Ok(_) => assert_eq!(part, ""),
                Err(error) => assert!(!part.is_empty() && error.to_string().contains(part), "{error}"),
            }
        };
        check("*", "");
        check("acme:*", "");
        check("acme:a", "");
        check("A", "is no component");
        check("a:*:*", "is no component");
        let error = Policy::parse("policy-version = 1\n[ceiling.\"*\"]\nmemry = \"1GiB\"\n").unwrap_err();
        assert!(error.line == 3 && error.reason.contains("unknown field"), "{error}");
    }
}
