//! What a deployment will do, as data.
//!
//! Planning is pure: it asks nobody, waits for nothing and changes nothing.

use semver::Version;

use super::situation::Situation;
use super::step::Step;
use super::strategy::{self, Strategy};

/// The steps of one deployment, and the route revision for which they were planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) from: Option<Version>,
    pub(crate) revision: u64,
    pub(crate) steps: Vec<Step>,
}

/// Plans a deployment.
pub(crate) fn plan(situation: &Situation<'_>, strategy: Strategy) -> Plan {
    Plan {
        from: situation.current.map(|release| release.version.clone()),
        revision: situation.revision,
        steps: strategy::steps(strategy, situation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{Digest, InstanceMode, Kind, Release};

    fn release(has_state: bool) -> Release {
        Release {
            name: "counter".parse().unwrap(),
            version: Version::new(1, 0, 0),
            digest: Digest::of(b""),
            size: 0,
            kind: Kind::Guest,
            description: String::new(),
            instances: InstanceMode::Actor,
            limits: Default::default(),
            requests: Default::default(),
            config: Default::default(),
            has_state,
            needs_async: false,
        }
    }

    fn check(current: Option<bool>, new: bool, expected: &str) {
        let current = current.map(release);
        let situation = Situation {
            current: current.as_ref(),
            new: &release(new),
            revision: 3,
        };
        let plan = plan(&situation, Strategy::Immediate);
        let names: Vec<_> = plan.steps.iter().map(|step| step.name()).collect();
        assert_eq!(names.join(", "), expected);
        assert_eq!(plan.revision, 3);
    }

    #[test]
    fn state_is_transferred_only_to_a_release_that_takes_it() {
        check(None, false, "start, health-check, route");
        check(None, true, "start, health-check, transfer-state, route");
        check(Some(false), false, "start, health-check, route, drain");
        check(Some(true), true, "start, health-check, transfer-state, route, drain");
        check(Some(true), false, "start, health-check, transfer-state, route, drain");
    }
}
