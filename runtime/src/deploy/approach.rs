//! How one deployment is planned and watched: what the operator says, then the release, then the defaults.

use std::time::Duration;

use super::options::DeployOptions;
use crate::component::{Bound, Gate, Release, Strategy, grows_to_all};
use crate::error::Error;

/// How long a step is watched when nothing was said.
const WINDOW: Duration = Duration::from_secs(30);
/// The number of calls below which a window says nothing of them.
const MIN_CALLS: u64 = 20;
/// How long a release may take to become healthy.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(1);
/// The longest window and the longest wait for health: a year.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
/// The error rate above which a watched release is taken back.
const ERROR_RATE: f64 = 0.01;

/// How one deployment is planned and watched.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Approach {
    pub(crate) strategy: Strategy,
    /// None when nothing is watched.
    pub(crate) watch: Option<Watch>,
    pub(crate) health_timeout: Duration,
}

/// How a step is watched.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Watch {
    pub(crate) window: Duration,
    pub(crate) gates: Vec<Gate>,
    pub(crate) min_calls: u64,
}

impl Approach {
    /// Decides for a release.
    pub(crate) fn new(options: &DeployOptions, release: &Release) -> Result<Self, Error> {
        let said = &release.deploy;
        let authors = said.strategy();
        let strategy = options.strategy.clone().or_else(|| authors.clone()).unwrap_or_default();
        if let Strategy::Canary { steps } = &strategy
            && (steps.is_empty() || !grows_to_all(steps))
        {
            return Err(Error::InvalidOptions {
                reason: "the steps of a canary grow, and the last is 100%".into(),
            });
        }
        if strategy == (Strategy::Rolling { batch: Some(0) }) {
            return Err(Error::InvalidOptions {
                reason: "a rolling deployment replaces at least one instance at a time".into(),
            });
        }
        // The author's window and gates belong to the author's strategy: they do not hold for another one.
        let is_authors = options.strategy.is_none() || authors.is_some_and(|own| own.name() == strategy.name());
        let own_window = said.window.map(|span| span.0).filter(|_| is_authors);
        let own_gates = (is_authors && !said.rollback_if.is_empty()).then(|| said.rollback_if.clone());
        let asked = options.window.is_some() || options.gates.is_some() || own_window.is_some() || own_gates.is_some();
        let is_watched = asked || matches!(strategy, Strategy::Canary { .. });
        let gates = options.gates.clone().or(own_gates);
        let watch = Watch {
            window: options.window.or(own_window).unwrap_or(WINDOW).min(LONGEST),
            gates: gates.unwrap_or_else(|| vec![Gate::ErrorRate(Bound::Value(ERROR_RATE))]),
            min_calls: options.min_calls.or(said.min_calls).unwrap_or(MIN_CALLS).max(1),
        };
        Ok(Self {
            strategy,
            watch: (is_watched && !watch.window.is_zero()).then_some(watch),
            health_timeout: options.health_timeout.unwrap_or(HEALTH_TIMEOUT).min(LONGEST),
        })
    }

    /// An approach that watches nothing.
    pub(crate) fn unwatched(strategy: Strategy, health_timeout: Option<Duration>) -> Self {
        Self {
            strategy,
            watch: None,
            health_timeout: health_timeout.unwrap_or(HEALTH_TIMEOUT).min(LONGEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{Manifest, Package};

    /// What a release with this `[deploy]` is deployed by, when the operator names this strategy.
    fn check(deploy: &str, strategy: Option<Strategy>, expected: &str, window: Option<u64>) {
        let manifest = Manifest::parse(&format!("manifest-version = 1\n[deploy]\n{deploy}\n")).unwrap();
        let package = Package::new(b"\0asm\x0d\0\x01\0")
            .name("a".parse().unwrap())
            .manifest(manifest);
        let release = package.validate().unwrap().release;
        let options = DeployOptions {
            strategy,
            ..DeployOptions::default()
        };
        let approach = Approach::new(&options, &release).unwrap();
        assert_eq!(approach.strategy.to_string(), expected, "{deploy}");
        assert_eq!(approach.watch.map(|watch| watch.window.as_secs()), window, "{deploy}");
    }

    #[test]
    fn the_operator_counts_more_than_the_author_and_the_author_more_than_the_default() {
        check("", None, "immediate", None);
        check("", Some(Strategy::canary()), "canary 5%, 25%, 100%", Some(30));
        check("rollback-if = [\"p99 > 1s\"]", None, "immediate", Some(30));
        let own = "strategy = \"canary\"\nsteps = [\"50%\", \"100%\"]\nwindow = \"7s\"";
        check(own, None, "canary 50%, 100%", Some(7));
        check(own, Some(Strategy::canary()), "canary 5%, 25%, 100%", Some(7));
        check(own, Some(Strategy::Immediate), "immediate", None);
        check("strategy = \"rolling\"\nwindow = \"0s\"", None, "rolling", None);
    }
}
