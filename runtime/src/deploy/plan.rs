//! What a deployment will do, as data.
//!
//! Planning is pure: it asks nobody, waits for nothing and changes nothing.

mod situation;
mod step;

use semver::Version;

pub(crate) use self::situation::Situation;
pub(crate) use self::step::{Keep, Step};
use super::strategy;
use crate::component::Strategy;
use crate::error::Error;

/// The steps of one deployment, and the deployment whose route they start from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) from: Option<Version>,
    pub(crate) base: Option<u64>,
    pub(crate) steps: Vec<Step>,
}

/// Plans a deployment.
///
/// # Errors
///
/// [`Error::UnsuitableStrategy`] when the component cannot be deployed in this way.
pub(crate) fn plan(situation: &Situation<'_>, strategy: &Strategy) -> Result<Plan, Error> {
    let unsuitable = |reason: &'static str| Error::UnsuitableStrategy {
        name: situation.new.name.clone(),
        strategy: strategy.name().into(),
        reason: reason.into(),
    };
    Ok(Plan {
        from: situation.current.map(|release| release.version.clone()),
        base: situation.base,
        steps: strategy::steps(strategy, situation).map_err(unsuitable)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{Digest, InstanceMode, Kind, Percent, Release};

    const ACTOR: InstanceMode = InstanceMode::Actor;
    const POOL: InstanceMode = InstanceMode::Pool { max: 4 };

    fn release(instances: InstanceMode, has_state: bool) -> Release {
        Release {
            name: "counter".parse().unwrap(),
            version: Version::new(1, 0, 0),
            digest: Digest::of(b""),
            size: 0,
            kind: Kind::Guest,
            description: String::new(),
            instances,
            limits: Default::default(),
            requests: Default::default(),
            config: Default::default(),
            has_state,
            deploy: Default::default(),
            http: None,
            collected: false,
            needs_async: false,
        }
    }

    fn planned(
        current: Option<InstanceMode>,
        new: InstanceMode,
        strategy: &Strategy,
        is_watched: bool,
    ) -> Result<String, String> {
        let current = current.map(|mode| release(mode, mode == ACTOR));
        let situation = Situation {
            current: current.as_ref(),
            running: 3,
            new: &release(new, new == ACTOR),
            max: None,
            base: Some(7),
            is_watched,
        };
        let plan = plan(&situation, strategy).map_err(|error| error.to_string())?;
        assert_eq!(plan.base, Some(7));
        let steps = plan.steps.iter().map(|step| match step {
            Step::Start { instances } => format!("start {instances}"),
            Step::Shift { part } => format!("{part}"),
            Step::Resize { old, new } => format!("{old}:{new}"),
            Step::Drain { keep } => format!("drain {keep:?}").to_lowercase(),
            step => step.name().to_owned(),
        });
        Ok(steps.collect::<Vec<_>>().join(", "))
    }

    fn check(current: Option<InstanceMode>, new: InstanceMode, strategy: Strategy, watched: bool, expected: &str) {
        assert_eq!(
            planned(current, new, &strategy, watched).unwrap(),
            expected,
            "{strategy}"
        );
    }

    fn refused(current: Option<InstanceMode>, new: InstanceMode, strategy: Strategy, part: &str) {
        let error = planned(current, new, &strategy, true).unwrap_err();
        assert!(error.contains(part), "{error}");
    }

    #[test]
    fn immediate_starts_one_and_switches() {
        let check = |current, new, watched, expected| check(current, new, Strategy::Immediate, watched, expected);
        check(None, POOL, false, "start 1, health-check, route");
        check(Some(POOL), POOL, false, "start 1, health-check, route, drain one");
        check(
            Some(POOL),
            POOL,
            true,
            "start 1, health-check, 100%, watch, route, drain one",
        );
        check(None, ACTOR, false, "start 1, health-check, transfer-state, route");
        check(
            Some(ACTOR),
            ACTOR,
            false,
            "start 1, health-check, transfer-state, route, drain one",
        );
        check(
            Some(ACTOR),
            POOL,
            false,
            "start 1, health-check, transfer-state, route, drain one",
        );
    }

    #[test]
    fn blue_green_starts_as_many_as_run_and_keeps_them() {
        let check = |current, new, expected| check(current, new, Strategy::BlueGreen, false, expected);
        check(Some(POOL), POOL, "start 3, health-check, route, drain all");
        check(None, POOL, "start 1, health-check, route");
        check(
            Some(ACTOR),
            ACTOR,
            "start 1, health-check, transfer-state, route, drain all",
        );
    }

    #[test]
    fn a_canary_grows_step_by_step() {
        let check = |current, watched, expected| check(current, POOL, Strategy::canary(), watched, expected);
        check(
            Some(POOL),
            true,
            "start 1, health-check, 5%, watch, 25%, watch, 100%, watch, route, drain one",
        );
        check(
            Some(POOL),
            false,
            "start 1, health-check, 5%, 25%, 100%, route, drain one",
        );
        check(None, true, "start 1, health-check, 100%, watch, route");
        refused(Some(ACTOR), ACTOR, Strategy::canary(), "one state");
        refused(Some(POOL), ACTOR, Strategy::canary(), "one state");
    }

    #[test]
    fn rolling_replaces_instances_in_batches() {
        let rolling = |batch| Strategy::Rolling { batch };
        check(
            Some(POOL),
            POOL,
            rolling(Some(2)),
            false,
            "start 1, health-check, 2:2, 50%, 1:4, 100%, route, drain one",
        );
        check(
            Some(POOL),
            POOL,
            rolling(None),
            true,
            "start 1, health-check, 3:1, 25%, watch, 2:2, 50%, watch, 1:3, 75%, watch, 1:4, 100%, watch, route, \
             drain one",
        );
        check(None, POOL, rolling(None), false, "start 1, health-check, route");
        refused(Some(ACTOR), ACTOR, rolling(None), "one state");
        refused(
            Some(InstanceMode::Fresh),
            InstanceMode::Fresh,
            rolling(None),
            "each call",
        );
        refused(Some(POOL), InstanceMode::Pool { max: 1 }, rolling(None), "two");
    }

    #[test]
    fn releases_that_share_calls_are_started_and_switched_together() {
        check(
            Some(POOL),
            POOL,
            Strategy::Split,
            false,
            "start 1, health-check, route, drain one",
        );
        refused(Some(ACTOR), ACTOR, Strategy::Split, "one state");
        assert_eq!(Percent::ALL.get(), 100);
    }
}
