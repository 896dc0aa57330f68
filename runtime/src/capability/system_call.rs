//! Commands that an operator lets components run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text_pattern::TextPattern;
use crate::component::{ByteCount, Span};

/// How long a command may take, when its definition does not say.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes of each of its outputs, when its definition does not say, and the most that one may say: both outputs
/// go to the guest in one call.
const OUTPUT: u64 = 256 << 10;
const MAX_OUTPUT: u64 = 1 << 20;

/// `[system-calls.NAME]`: a command, and which arguments it takes.
/// It is run without a shell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct SystemCall {
    /// The program, as an absolute path.
    pub program: PathBuf,
    /// One pattern for each argument: `*` stands for any characters and `?` for one.
    /// An argument that begins with `-` fits only a pattern that begins with `-`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// All environment variables that it gets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// The directory that it runs in, as an absolute path; `/` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<PathBuf>,
    /// How long it may take; 10 seconds when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub timeout: Option<Span>,
    /// The most bytes that it may write to each of its outputs; 256 KiB when absent, and at most 1 MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub max_output: Option<ByteCount>,
}

impl SystemCall {
    /// How long it may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.map_or(TIMEOUT, |timeout| timeout.0)
    }

    /// The most bytes that it may write to each of its outputs.
    pub(crate) fn max_output(&self) -> u64 {
        self.max_output.map_or(OUTPUT, |max| max.0).min(MAX_OUTPUT)
    }

    /// Whether it takes these arguments, or why not.
    pub(crate) fn takes(&self, arguments: &[String]) -> Result<(), String> {
        let (expected, got) = (self.arguments.len(), arguments.len());
        if expected != got {
            return Err(format!("it takes {expected} arguments, and got {got}"));
        }
        let fits = |pattern: &str, argument: &str| {
            let is_option = argument.starts_with('-');
            (!is_option || pattern.starts_with('-'))
                && !argument.contains('\0')
                && TextPattern::new(pattern).fits(argument)
        };
        let pairs = self.arguments.iter().zip(arguments);
        let mut wrong = pairs
            .enumerate()
            .filter(|(_, (pattern, argument))| !fits(pattern, argument));
        match wrong.next() {
            // The pattern is the operator's, and may be a secret.
            Some((n, _)) => Err(format!("argument {} does not fit its pattern", n + 1)),
            None => Ok(()),
        }
    }

    /// What of it cannot be used: the text to point at, and why.
    pub(super) fn mistake(&self) -> Option<(String, String)> {
        let absolute = [Some(&self.program), self.directory.as_ref()];
        let relative = absolute.into_iter().flatten().find(|path| !path.is_absolute());
        if let Some(path) = relative {
            let shown = path.display().to_string();
            return Some((shown.clone(), format!("`{shown}` is no absolute path of this machine")));
        }
        if self.timeout.is_some_and(|timeout| timeout.0.is_zero()) {
            return Some(("timeout".into(), "`timeout` is longer than nothing".into()));
        }
        let is_variable = |name: &str| !name.is_empty() && !name.contains(['=', '\0']);
        let (name, _) = self
            .environment
            .iter()
            .find(|(name, value)| !is_variable(name) || value.contains('\0'))?;
        let shown = name.escape_debug().to_string();
        Some((
            name.clone(),
            format!("`{shown}` is no environment variable that a program can have"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(arguments: &[&str]) -> SystemCall {
        SystemCall {
            program: "/bin/true".into(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            environment: BTreeMap::new(),
            directory: None,
            timeout: None,
            max_output: None,
        }
    }

    #[test]
    fn every_argument_has_its_pattern() {
        let check = |patterns: &[&str], arguments: &[&str], expected| {
            let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
            assert_eq!(
                call(patterns).takes(&arguments).is_ok(),
                expected,
                "{patterns:?} {arguments:?}"
            );
        };
        check(&[], &[], true);
        check(&[], &["a"], false);
        check(&["a"], &[], false);
        check(&["show", "*"], &["show", "v1"], true);
        check(&["show", "*"], &["drop", "v1"], false);
        check(&["*"], &["--output=/etc/passwd"], false);
        check(&["--level=?"], &["--level=3"], true);
        check(&["--level=?"], &["--level=33"], false);
        check(&["*"], &["a\0b"], false);
        check(&["*.txt"], &["; rm -rf / #.txt"], true);
    }
}
