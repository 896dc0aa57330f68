//! Several releases share the calls of a component, by weights and rules.

use std::collections::HashSet;

use crate::component::{ComponentName, InstanceMode, Strategy};
use crate::deploy::approach::Approach;
use crate::deploy::execute::{Deploy, Deployment, Order};
use crate::deploy::options::SplitOptions;
use crate::deploy::record::Action;
use crate::deploy::strategy::ONE_STATE;
use crate::error::Error;

/// The most releases that share the calls of one component.
const MAX_RELEASES: usize = 64;
/// The largest weight.
const MAX_WEIGHT: u32 = 10_000;
/// The most rules of one component: each call is compared with them.
const MAX_RULES: usize = 64;

impl Deploy {
    /// Has releases that are in the store share the calls.
    pub(crate) async fn split(&self, name: &ComponentName, options: &SplitOptions) -> Result<Deployment, Error> {
        check(options)?;
        let turn = self.turns.take(name)?;
        let base = self.router.find(name)?;
        let mut weights = options.weights.clone();
        // What takes most comes first: it is what the deployment is named for.
        weights.sort_by(|(_, a), (_, b)| b.cmp(a));
        let (mut newcomers, mut all_cached) = (Vec::new(), true);
        for (version, weight) in weights {
            let release = self.recorded(name, &version).await?;
            if release.instances == InstanceMode::Actor {
                return Err(Error::UnsuitableStrategy {
                    name: name.clone(),
                    strategy: Strategy::Split.name().into(),
                    reason: ONE_STATE.into(),
                });
            }
            let (newcomer, cached) = self.recall(&release, Some(&base)).await?;
            newcomers.push((newcomer, weight));
            all_cached &= cached;
        }
        let order = Order {
            name: name.clone(),
            action: Action::Split,
            newcomers,
            rules: options.rules.clone(),
            approach: Approach::unwatched(Strategy::Split, options.health_timeout),
            state: None,
            origin: options.origin.clone(),
            steps: Vec::new(),
            cached: all_cached,
        };
        self.carry_out(order, turn).await
    }
}

/// Refuses what contradicts itself, with everything that does.
fn check(options: &SplitOptions) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut versions = HashSet::new();
    for (version, weight) in &options.weights {
        if !versions.insert(version) {
            problems.push(format!("{version} has two weights"));
        }
        if *weight > MAX_WEIGHT {
            problems.push(format!("the weight of {version} is above {MAX_WEIGHT}"));
        }
    }
    if options.weights.iter().all(|(_, weight)| *weight == 0) {
        problems.push("no release has a weight above 0".into());
    }
    if options.weights.len() > MAX_RELEASES {
        problems.push(format!(
            "at most {MAX_RELEASES} releases share the calls of a component"
        ));
    }
    if options.rules.rules.len() > MAX_RULES {
        problems.push(format!("a component has at most {MAX_RULES} rules"));
    }
    for rule in &options.rules.rules {
        if !versions.contains(&rule.version) {
            problems.push(format!(
                "the rule `{rule}` leads to a version without a weight, which may be 0"
            ));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::InvalidOptions {
        reason: problems.join("; "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::route::Rules;

    fn problems(weights: &[(&str, u32)], rules: &[&str]) -> String {
        let options = SplitOptions {
            weights: weights
                .iter()
                .map(|(version, weight)| (version.parse().unwrap(), *weight))
                .collect(),
            rules: Rules {
                rules: rules.iter().map(|rule| rule.parse().unwrap()).collect(),
                sticky: None,
            },
            ..SplitOptions::default()
        };
        check(&options).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn every_contradiction_is_told() {
        assert_eq!(problems(&[("1.0.0", 90), ("2.0.0", 10)], &[]), "");
        assert_eq!(problems(&[("1.0.0", 1), ("2.0.0", 0)], &["header:x=1=>2.0.0"]), "");
        assert_eq!(problems(&[], &[]), "no release has a weight above 0");
        let said = problems(&[("1.0.0", 0), ("1.0.0", 0)], &["header:x=1=>2.0.0"]);
        for part in ["two weights", "above 0", "without a weight"] {
            assert!(said.contains(part), "{said}");
        }
        assert!(problems(&[("1.0.0", 10_001)], &[]).contains("above 10000"));
    }
}
