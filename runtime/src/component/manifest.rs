//! `Component.toml`: what a component's author says of it.

use serde::{Deserialize, Serialize};

use super::version::MAX_BYTES;
use super::{AccessRequests, ComponentName, DeploySection, HttpRoute, LimitsSection};

/// The `manifest-version` that this build reads.
const MANIFEST_VERSION: i64 = 1;

/// The largest manifest, in bytes.
pub(crate) const MAX_MANIFEST_BYTES: usize = 64 << 10;

/// A whole `Component.toml`.
/// Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// The version of this format: 1.
    pub manifest_version: i64,
    /// Name, version and description.
    #[serde(default)]
    pub component: ComponentSection,
    /// How the component is built, when not by cargo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<BuildSection>,
    /// How it is instantiated.
    #[serde(default)]
    pub instances: InstancesSection,
    /// What its instances may use.
    #[serde(default)]
    pub limits: LimitsSection,
    /// Which HTTP requests it gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpSection>,
    /// What it asks for.
    #[serde(default)]
    pub capabilities: AccessRequests,
    /// How it is deployed.
    #[serde(default)]
    pub deploy: DeploySection,
    /// What is handed to `init`.
    #[serde(default)]
    pub config: serde_json::Map<String, serde_json::Value>,
}

/// `[component]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct ComponentSection {
    /// The component's name; from Cargo.toml when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ComponentName>,
    /// The version; from Cargo.toml when absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "version")]
    pub version: Option<semver::Version>,
    /// What it does, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// `[build]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct BuildSection {
    /// The command that builds the component, run by the system's shell in the manifest's folder.
    pub command: String,
    /// The file the command leaves, relative to the manifest's folder.
    pub artifact: String,
    /// The files it is built from, for `dev`: patterns as in a `.gitignore`, relative to the manifest's folder.
    /// Without any, all that git does not ignore.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watch: Vec<String>,
    /// The command that runs the native tests, in the same way as `command`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// The tools that both commands need, as `pip:componentize-py@0.25.1` or `npm:@bytecodealliance/jco@1.35.0`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
}

/// `[instances]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct InstancesSection {
    /// `actor`, `pool` or `fresh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ModeName>,
    /// The largest number of instances of a pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

/// The value of `instances.mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModeName {
    /// One instance with state.
    Actor,
    /// Several instances, reused.
    Pool,
    /// A new instance for each call.
    Fresh,
}

/// `[http]`, of components that export `wasi:http/incoming-handler`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct HttpSection {
    /// The paths whose requests it gets; those below its name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<HttpRoute>,
}

/// Why a manifest cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
#[non_exhaustive]
pub struct ManifestError {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
    /// The key that was probably meant.
    pub nearest: Option<String>,
}

impl Default for Manifest {
    /// A manifest that says nothing.
    fn default() -> Self {
        Self {
            manifest_version: MANIFEST_VERSION,
            component: ComponentSection::default(),
            build: None,
            instances: InstancesSection::default(),
            limits: LimitsSection::default(),
            http: None,
            capabilities: AccessRequests::default(),
            deploy: DeploySection::default(),
            config: serde_json::Map::new(),
        }
    }
}

impl Manifest {
    /// Reads a `Component.toml`.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        if text.len() > MAX_MANIFEST_BYTES {
            return Err(ManifestError::at(text, 0, "a manifest has at most 64 KiB".into()));
        }
        let manifest: Self = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            ManifestError::at(text, offset, error.message().trim().to_owned())
        })?;
        // TOML has no null, so that it is what became of a number that JSON does not have.
        if manifest.config.values().any(holds_null) {
            let reason = "`nan` and `inf` are no numbers of a configuration, which is JSON".into();
            return Err(ManifestError::at(text, text.find("[config").unwrap_or(0), reason));
        }
        match manifest.mistake() {
            Some((key, reason)) => Err(ManifestError::at(text, text.find(key).unwrap_or(0), reason)),
            None => Ok(manifest),
        }
    }

    /// What of it contradicts itself, or is of another version: the key, and why.
    pub(crate) fn mistake(&self) -> Option<(&'static str, String)> {
        if self.manifest_version != MANIFEST_VERSION {
            let reason = format!(
                "`manifest-version` is {}, and this build reads {MANIFEST_VERSION}",
                self.manifest_version
            );
            return Some(("manifest-version", reason));
        }
        let version = self.component.version.as_ref().map(ToString::to_string);
        if version.is_some_and(|version| version.len() > MAX_BYTES) {
            return Some(("[component]", format!("a version has at most {MAX_BYTES} bytes")));
        }
        if self.instances.max.is_some() && !matches!(self.instances.mode, None | Some(ModeName::Pool)) {
            return Some(("max", "`instances.max` applies to `mode = \"pool\"` only".into()));
        }
        if self.instances.max == Some(0) {
            return Some(("max", "`instances.max` is at least 1".into()));
        }
        if let Some(mistake) = self.limits.mistake() {
            return Some(mistake);
        }
        let route = self.http.as_ref().and_then(|http| http.route.as_ref());
        if route.is_some_and(HttpRoute::is_own) {
            return Some(("route", "`/call` and what is below it are the host's own".into()));
        }
        let (key, reason) = self.deploy.mistake()?;
        Some((key, reason.into()))
    }

    /// The manifest as `Component.toml`.
    pub fn to_toml(&self) -> String {
        // Every value is text, a number, a list or a table with text keys; nulls, which TOML lacks, are left out.
        let mut copy = self.clone();
        copy.config.retain(|_, value| !value.is_null());
        toml::to_string_pretty(&copy).unwrap_or_default()
    }
}

/// The longest reason, in characters.
const MAX_REASON: usize = 1_000;

impl ManifestError {
    pub(crate) fn at(text: &str, offset: usize, reason: String) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let nearest = unknown_key(&reason);
        // It may quote a key that is as long as the text.
        let reason = match reason.char_indices().nth(MAX_REASON) {
            Some((end, _)) => format!("{}…", &reason[..end]),
            None => reason,
        };
        Self {
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap_or("").chars().count() + 1,
            reason,
            nearest,
        }
    }
}

fn holds_null(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => true,
        serde_json::Value::Array(values) => values.iter().any(holds_null),
        serde_json::Value::Object(values) => values.values().any(holds_null),
        _ => false,
    }
}

/// Finds the allowed key nearest to an unknown one.
/// serde names both in its message: "unknown field `a`, expected one of `b`, `c`".
fn unknown_key(reason: &str) -> Option<String> {
    let (unknown, allowed) = reason.strip_prefix("unknown field `")?.split_once('`')?;
    let names = allowed.split('`').skip(1).step_by(2);
    nearest(unknown, names).map(str::to_owned)
}

/// The candidate most like `word`, if one is like it at all.
pub(crate) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// Reads a version, and says what one looks like when it is none.
fn version<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<semver::Version>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let read = semver::Version::parse(&text);
    let refused = |_| {
        let shown = text.chars().take(80).collect::<String>();
        serde::de::Error::custom(format!("`{}` is not a version such as `1.2.0`", shown.escape_debug()))
    };
    read.map(Some).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{ByteCount, Limit, Strategy};

    const FULL: &str = r#"
manifest-version = 1
[component]
name = "acme:greeter"
version = "1.2.0"
description = "Greets."
[build]
command = "make"
artifact = "dist/greeter.wasm"
watch = ["src/**/*.py", "wit/**"]
[instances]
mode = "pool"
max = 8
[limits]
memory = "64MiB"
deadline = "30s"
fuel = 0
concurrency = 64
tables = 20000
host-calls = 10000000
handles = 4096
output = "1MiB"
storage = "2GiB"
outbound-requests = 500
outbound-bytes = "1GiB"
name-lookups = 600
[http]
route = "/greet/*"
[capabilities]
file-read = ["/data/**"]
network-outbound = ["https://api.example.com:443"]
network-inbound = [8080]
[capabilities.custom."acme:gpu"]
[deploy]
strategy = "canary"
steps = ["5%", "25%", "100%"]
window = "30s"
min-calls = 50
rollback-if = ["error-rate > 1%", "p99 > 250ms"]
[config]
greeting = "hello"
"#;

    #[test]
    fn numbers_that_json_does_not_have_are_refused() {
        for value in ["nan", "-inf", "[1, { a = inf }]"] {
            let error = Manifest::parse(&format!("manifest-version = 1\n[config]\na = {value}\n")).unwrap_err();
            assert_eq!((error.line, error.column), (2, 1), "{error}");
        }
    }

    #[test]
    fn every_key_is_read() {
        let manifest = Manifest::parse(FULL).unwrap();
        assert_eq!(manifest.component.name.as_ref().unwrap().as_str(), "acme:greeter");
        assert_eq!(manifest.limits.memory, Some(ByteCount(64 << 20)));
        assert!(Limit::ALL.iter().all(|limit| manifest.limits.amount(*limit).is_some()));
        assert_eq!(manifest.limits.limits(), crate::component::Limits::default());
        assert_eq!(manifest.config["greeting"], "hello");
        assert_eq!(manifest.deploy.strategy(), Some(Strategy::canary()));
        assert_eq!(manifest.deploy.rollback_if.len(), 2);
        assert_eq!(manifest.http.unwrap().route.unwrap().as_str(), "/greet/*");
        let requests: Vec<_> = manifest.capabilities.iter().collect();
        assert_eq!(
            requests,
            [
                ("file-read", "/data/**"),
                ("network-outbound", "https://api.example.com:443"),
                ("network-inbound", "8080"),
                ("acme:gpu", "")
            ]
        );
    }

    #[test]
    fn a_written_manifest_reads_the_same() {
        let manifest = Manifest::parse(FULL).unwrap();
        assert_eq!(Manifest::parse(&manifest.to_toml()).unwrap(), manifest);
    }

    #[test]
    fn an_error_says_where_and_what_was_meant() {
        let check = |text: &str, line, column, part: &str, nearest: Option<&str>| {
            let error = Manifest::parse(text).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{error}");
            assert!(error.reason.contains(part), "{error}");
            assert_eq!(error.nearest.as_deref(), nearest, "{error}");
        };
        check(
            "manifest-version = 1\n[component]\nnmae = \"a\"\n",
            3,
            1,
            "unknown field `nmae`",
            Some("name"),
        );
        check(
            "manifest-version = 1\n[limit]\n",
            2,
            2,
            "unknown field `limit`",
            Some("limits"),
        );
        check("manifest-version = 2\n", 1, 1, "this build reads 1", None);
        check("[component]\n", 1, 1, "missing field `manifest-version`", None);
        let version = "manifest-version = 1\n[component]\nversion = \"1.x\"\n";
        check(version, 3, 11, "`1.x` is not a version", None);
        check(
            "manifest-version = 1\n[component]\nname = \"A B\"\n",
            3,
            8,
            "not a component name",
            None,
        );
        check(
            "manifest-version = 1\n[limits]\nmemory = \"lots\"\n",
            3,
            10,
            "not a number of bytes",
            None,
        );
        check("manifest-version = 1\n[instances]\nmax = 0\n", 3, 1, "at least 1", None);
        let limits = |line: &str| format!("manifest-version = 1\n[limits]\n{line}\n");
        check(&limits("tables = 100001"), 3, 1, "at most 100000", None);
        check(&limits("host-calls = 0"), 3, 1, "at least 1", None);
        check(
            &limits("outbound-request = 1"),
            3,
            1,
            "unknown field",
            Some("outbound-requests"),
        );
        check("manifest-version = \n", 1, 20, "", None);
        check(
            "manifest-version = 1\n[http]\nroute = \"greet\"\n",
            3,
            9,
            "starts with `/`",
            None,
        );
        check(
            "manifest-version = 1\n[http]\nroute = \"/call/x\"\n",
            3,
            1,
            "the host's own",
            None,
        );
        let deploy = |line: &str| format!("manifest-version = 1\n[deploy]\n{line}\n");
        check(&deploy("steps = [\"5%\"]"), 3, 1, "`strategy = \"canary\"` only", None);
        check(
            &deploy("rollback-if = [\"error-rate > lots\"]"),
            3,
            15,
            "is not a gate such as",
            None,
        );
        check(
            &deploy("strategy = \"canary\"\nsteps = [\"25%\", \"5%\"]"),
            4,
            1,
            "the last is",
            None,
        );
    }
}
