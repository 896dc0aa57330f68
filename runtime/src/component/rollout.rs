//! `[deploy]`: how a component's author wants it to be deployed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Gate, Span};

/// How a deployment is planned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[doc(alias = "DeploymentStrategy")]
#[non_exhaustive]
pub enum Strategy {
    /// The new release takes every call from the moment it is healthy.
    #[default]
    Immediate,
    /// As many instances of the new release as the old one has are started and checked beside it; then one switch gives
    /// them every call, and the old ones are kept warm.
    BlueGreen,
    /// The new release takes a growing part of the calls, and is watched for a window at each step.
    Canary {
        /// The parts, growing; the last is 100 %.
        steps: Vec<Percent>,
    },
    /// The instances of a pool are replaced in batches, so that there are never more of them than before.
    Rolling {
        /// How many are replaced at a time; a quarter when nothing is said, at least one.
        batch: Option<u32>,
    },
    /// Several releases share the calls, by fixed weights and rules.
    Split,
}

impl Strategy {
    /// A canary of 5, 25 and 100 %.
    pub fn canary() -> Self {
        Self::Canary {
            steps: [5, 25, 100].map(Percent).to_vec(),
        }
    }

    /// Its name, for example `blue-green`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::BlueGreen => "blue-green",
            Self::Canary { .. } => "canary",
            Self::Rolling { .. } => "rolling",
            Self::Split => "split",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if let Self::Canary { steps } = self {
            let steps: Vec<String> = steps.iter().map(Percent::to_string).collect();
            write!(f, " {}", steps.join(", "))?;
        }
        Ok(())
    }
}

/// The name of a strategy that a new release can come into service by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StrategyName {
    /// See [`Strategy::Immediate`].
    Immediate,
    /// See [`Strategy::BlueGreen`].
    BlueGreen,
    /// See [`Strategy::Canary`].
    Canary,
    /// See [`Strategy::Rolling`].
    Rolling,
}

/// A whole part of a hundred, from 1 to 100; written `25%` or `25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Percent(u8);

impl Percent {
    /// All of it.
    pub const ALL: Self = Self(100);

    /// A part of a hundred; none outside 1 to 100.
    pub fn new(part: u8) -> Option<Self> {
        (1..=100).contains(&part).then_some(Self(part))
    }

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.trim();
        let number = number.strip_suffix('%').unwrap_or(number).trim_end();
        let part = number.parse().ok().and_then(Self::new);
        part.ok_or_else(|| {
            format!(
                "`{}` is not a whole part of a hundred such as `25%`",
                text.escape_debug()
            )
        })
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl TryFrom<String> for Percent {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Percent> for String {
    fn from(percent: Percent) -> Self {
        percent.to_string()
    }
}

/// `[deploy]`; what an operator says counts more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct DeploySection {
    /// How its deployments are planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<StrategyName>,
    /// The steps of a canary.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Percent>,
    /// How many instances a rolling deployment replaces at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<u32>,
    /// How long each step is watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Span>,
    /// The number of calls below which a window says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_calls: Option<u64>,
    /// What takes the deployment back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollback_if: Vec<Gate>,
}

impl DeploySection {
    /// The strategy with what belongs to it; none when the author names none.
    pub fn strategy(&self) -> Option<Strategy> {
        Some(match self.strategy? {
            StrategyName::Immediate => Strategy::Immediate,
            StrategyName::BlueGreen => Strategy::BlueGreen,
            StrategyName::Canary if self.steps.is_empty() => Strategy::canary(),
            StrategyName::Canary => Strategy::Canary {
                steps: self.steps.clone(),
            },
            StrategyName::Rolling => Strategy::Rolling { batch: self.batch },
        })
    }

    /// What of it contradicts itself: the key, and why.
    pub(super) fn mistake(&self) -> Option<(&'static str, &'static str)> {
        let strategy = self.strategy;
        if !self.steps.is_empty() && strategy != Some(StrategyName::Canary) {
            return Some(("steps", "`deploy.steps` applies to `strategy = \"canary\"` only"));
        }
        if !grows_to_all(&self.steps) {
            return Some(("steps", "`deploy.steps` grow, and the last is \"100%\""));
        }
        if self.batch.is_some() && strategy != Some(StrategyName::Rolling) {
            return Some(("batch", "`deploy.batch` applies to `strategy = \"rolling\"` only"));
        }
        if self.batch == Some(0) {
            return Some(("batch", "`deploy.batch` is at least 1"));
        }
        None
    }
}

/// Whether the steps of a canary grow, and end with everything; no steps do.
pub(crate) fn grows_to_all(steps: &[Percent]) -> bool {
    steps.is_sorted_by(|a, b| a < b) && steps.last().is_none_or(|last| *last == Percent::ALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_written_with_or_without_its_sign() {
        assert_eq!("25%".parse::<Percent>().unwrap(), Percent(25));
        assert_eq!(" 5 ".parse::<Percent>().unwrap().to_string(), "5%");
        for bad in ["", "0", "101%", "-1", "2.5%", "%", "all"] {
            assert!(bad.parse::<Percent>().is_err(), "{bad}");
        }
    }

    #[test]
    fn steps_grow_to_everything() {
        let steps = |parts: &[u8]| parts.iter().map(|part| Percent(*part)).collect::<Vec<_>>();
        assert!(grows_to_all(&steps(&[5, 25, 100])));
        assert!(grows_to_all(&steps(&[])));
        for bad in [&[5, 25][..], &[25, 5, 100], &[5, 5, 100]] {
            assert!(!grows_to_all(&steps(bad)), "{bad:?}");
        }
    }
}
