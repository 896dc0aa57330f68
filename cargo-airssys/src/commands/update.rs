//! `update`: a component to another release, or several releases beside each other.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Parser;
use semver::Version;

use super::deploy;
use super::rollout::{Rollout, deployed, summary};
use super::verb::{Context, Verb};
use crate::exit::Failure;
use crate::ops::origin::origin;
use crate::ops::package::{self, Said};
use airssys_wasm::component::{ComponentName, parse_version};
use airssys_wasm::control::Client;
use airssys_wasm::{Error, Rule, Rules, SplitOptions, Sticky};

/// Bring another release of a component into service, or share its calls among several
#[derive(Debug, Parser)]
#[command(name = "update")]
pub(super) struct Update {
    /// The component and the version it is to have; with `--weights`, the component
    #[arg(value_name = "NAME@VERSION")]
    component: String,
    /// Where the release is, if it is new: a file, or the folder of a project, which is built [default: the state directory]
    #[arg(long, value_name = "FILE|DIR")]
    from: Option<PathBuf>,
    #[command(flatten)]
    rollout: Rollout,
    /// The releases that share the calls, and their weights, as in `1.0.0=90,2.0.0=10`
    #[arg(
        long,
        value_name = "WEIGHTS",
        value_delimiter = ',',
        help_heading = "Sharing the calls",
        conflicts_with_all = ["from", "strategy", "steps", "batch", "window", "gate", "min_calls", "allow_breaking", "plan"]
    )]
    weights: Vec<Weight>,
    /// Calls that go to one release whatever the weights are, as in `header:x-beta=1=>2.0.0`; may be repeated
    #[arg(long, value_name = "RULE", help_heading = "Sharing the calls", requires = "weights")]
    rule: Vec<Rule>,
    /// What keeps a caller on its release, as in `metadata:user`
    #[arg(long, value_name = "KEY", help_heading = "Sharing the calls", requires = "weights")]
    sticky: Option<Sticky>,
}

/// A version and its weight, as in `1.0.0=90` or, for the newest release that begins so, `v1=90`.
#[derive(Clone, Debug)]
struct Weight(Wanted, u32);

/// A version that is named in full, or by its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Whole(Version),
    /// The major number, and the minor one if it is named.
    Beginning(u64, Option<u64>),
}

impl Verb for Update {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("update hello@1.1.0", "one that served before"),
        ("update hello@2.0.0 --from .", "of the project here"),
        ("update hello@v2.0.0 --from new.wasm --strategy blue-green", "a file"),
        ("update hello --weights 1.1.0=90,2.0.0=10", "two releases at once"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let (name, version) = match self.component.split_once('@') {
            Some((name, version)) => (name, Some(deploy::parse(version)?)),
            None => (&*self.component, None),
        };
        let name: ComponentName = name.parse().map_err(Error::from)?;
        match version {
            None if !self.weights.is_empty() => self.split(context, &name),
            Some(version) if self.weights.is_empty() => self.update(context, name, version),
            Some(_) => {
                let message = "`--weights` name the versions, and so does NAME@VERSION";
                let help = format!("write `{{cli}} update {name} --weights …`");
                Err(Failure::usage("usage", message, help).into())
            }
            None => {
                let message = format!("no version of `{name}` is named");
                let help =
                    format!("write `{{cli}} update {name}@VERSION`; `{{cli}} history {name}` shows which there are");
                Err(Failure::usage("usage", message, help).into())
            }
        }
    }
}

impl Update {
    fn update(&self, context: &Context, name: ComponentName, version: Version) -> anyhow::Result<()> {
        let Some(from) = &self.from else {
            if !context.state()?.exists() {
                let label = format!("{name}@{version}");
                return Err(Error::UnknownRelease {
                    label,
                    known: Vec::new(),
                }
                .into());
            }
            return self.rollout.run(
                context,
                async |client, options| client.plan_update(&name, &version, options).await,
                async |client, options| client.update(&name, &version, options).await,
            );
        };
        let said = Said {
            name: Some(name),
            version: Some(version),
            config: None,
        };
        let package = match from.is_dir() {
            true => deploy::built(context, from, None, false, said)?,
            false => package::of_file(from, said)?,
        };
        let plan = package.clone();
        self.rollout.run(
            context,
            async |client, options| client.plan(plan, options).await,
            async |client, options| client.deploy(package.clone(), options).await,
        )
    }

    fn split(&self, context: &Context, name: &ComponentName) -> anyhow::Result<()> {
        let mut rules = Rules::default();
        rules.rules = self.rule.clone();
        rules.sticky = self.sticky.clone();
        let mut options = SplitOptions::default();
        options.rules = rules;
        options.health_timeout = self.rollout.health_timeout();
        options.origin = origin(self.rollout.reason());
        let place = context.state()?;
        if !place.exists() {
            let name = name.clone();
            return Err(Error::UnknownComponent { name, nearest: None }.into());
        }
        let split = async |client: &Client| {
            let known: Vec<Version> = client
                .releases(name)
                .await?
                .into_iter()
                .map(|release| release.version)
                .collect();
            options.weights.clear();
            for Weight(wanted, weight) in &self.weights {
                options.weights.push((wanted.among(name, &known)?, *weight));
            }
            client.split(name, &options).await
        };
        let deployment = deployed(context, &place, split)?;
        Ok(context.shell.result(summary(&deployment), &deployment)?)
    }
}

impl Wanted {
    /// The version that is meant.
    fn among(&self, name: &ComponentName, known: &[Version]) -> Result<Version, Error> {
        let (major, minor) = match self {
            Self::Whole(version) => return Ok(version.clone()),
            Self::Beginning(major, minor) => (*major, *minor),
        };
        let fits = |version: &&Version| version.major == major && minor.is_none_or(|minor| version.minor == minor);
        let newest = known.iter().filter(fits).max().cloned();
        newest.ok_or_else(|| Error::UnknownRelease {
            label: match minor {
                Some(minor) => format!("{name}@{major}.{minor}"),
                None => format!("{name}@{major}"),
            },
            known: known.to_vec(),
        })
    }
}

impl FromStr for Wanted {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.strip_prefix('v').unwrap_or(text).split('.').map(str::parse::<u64>);
        match &numbers.collect::<Vec<_>>()[..] {
            [Ok(major)] => Ok(Self::Beginning(*major, None)),
            [Ok(major), Ok(minor)] => Ok(Self::Beginning(*major, Some(*minor))),
            _ => Ok(Self::Whole(parse_version(text)?)),
        }
    }
}

impl FromStr for Weight {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || {
            format!(
                "`{}` is not a version and its weight, such as `1.0.0=90`",
                text.escape_debug()
            )
        };
        // A weight has no `=`, and neither has a version.
        let (version, weight) = text.split_once('=').ok_or_else(refused)?;
        let wanted = version.trim().parse().map_err(|error: Error| error.to_string())?;
        Ok(Self(wanted, weight.trim().parse().map_err(|_| refused())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_a_version_and_a_number() {
        let Weight(wanted, weight) = "v1.5.0=90".parse().unwrap();
        assert_eq!((wanted, weight), (Wanted::Whole(Version::new(1, 5, 0)), 90));
        let known = ["1.0.0", "1.2.0", "1.10.1", "2.0.0"].map(|version| version.parse().unwrap());
        let name: ComponentName = "a".parse().unwrap();
        for (text, meant) in [("v1", "1.10.1"), ("1.2", "1.2.0"), ("2", "2.0.0"), ("1.0.0", "1.0.0")] {
            let wanted: Wanted = text.parse().unwrap();
            assert_eq!(wanted.among(&name, &known).unwrap().to_string(), meant, "{text}");
        }
        let wanted: Wanted = "v3".parse().unwrap();
        assert_eq!(
            wanted.among(&name, &known).unwrap_err().code().as_str(),
            "unknown-release"
        );
        for bad in ["1.0.0", "1.0.0=", "1.0.0=x", "one=1", "=1"] {
            assert!(bad.parse::<Weight>().is_err(), "{bad}");
        }
    }
}
