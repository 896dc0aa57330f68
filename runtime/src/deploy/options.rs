//! What an operator may say of a deployment.

use std::time::Duration;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::route::Rules;
use crate::audit::{Given, shortened};
use crate::component::{Gate, Strategy};

/// How a release is to come into service; what is left out is decided by the release's own `[deploy]`, or by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct DeployOptions {
    /// How the deployment is planned; [`Strategy::Immediate`] by default.
    pub strategy: Option<Strategy>,
    /// How long each step is watched; 30 s by default where something is watched.
    pub window: Option<Duration>,
    /// What takes the deployment back while it is watched; an error rate above 1 % by default.
    pub gates: Option<Vec<Gate>>,
    /// The number of calls below which a window says nothing of them; 20 by default.
    pub min_calls: Option<u64>,
    /// How long a release may take to become healthy after it was started; 1 s by default.
    pub health_timeout: Option<Duration>,
    /// Whether a release may break what callers rely on.
    pub allow_breaking: bool,
    /// Who asks for it and why, for the history.
    pub origin: Origin,
}

/// Which state an actor goes back with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StateChoice {
    /// With what it knows now; the rollback fails when the newer release cannot hand it over, or the older one refuses it.
    Live,
    /// With what it knew before the upgrade; the calls since then are lost with their effects, and counted.
    Before,
}

/// How a component goes back to an earlier release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct RollbackOptions {
    /// To which version; to the one that served before by default.
    pub to_version: Option<Version>,
    /// With which state of an actor; with the live one where that works, and else with the one before.
    pub state: Option<StateChoice>,
    /// How long the release may take to become healthy after it was started; 10 s by default.
    pub health_timeout: Option<Duration>,
    /// Who asks for it and why, for the history.
    pub origin: Origin,
}

/// Which releases of a component share its calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct SplitOptions {
    /// Each version, and its part of the sum of all weights; one at least is not 0.
    /// A version of weight 0 gets only the calls that rules send to it.
    pub weights: Vec<(Version, u32)>,
    /// The rules, tried before the weights.
    #[serde(flatten)]
    pub rules: Rules,
    /// How long a release may take to become healthy after it was started; 1 s by default.
    pub health_timeout: Option<Duration>,
    /// Who asks for it and why, for the history.
    pub origin: Origin,
}

/// Who asks for a deployment, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Origin {
    /// The operator, for example the name of a user; at most 200 characters are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What for; at most 200 characters are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Origin {
    /// The origin as the audit log has it.
    pub(crate) fn given(&self) -> Given {
        let Self { by, note } = self.bounded();
        let mut given = Given::default();
        (given.by, given.note) = (by.as_deref().map(shortened), note.as_deref().map(shortened));
        given
    }

    /// The origin as it is recorded.
    pub(crate) fn bounded(&self) -> Self {
        let cut = |text: &Option<String>| {
            let text = text.as_ref()?;
            Some(crate::printable::printable_line(
                &text.chars().take(200).collect::<String>(),
            ))
        };
        Self {
            by: cut(&self.by),
            note: cut(&self.note),
        }
    }
}
