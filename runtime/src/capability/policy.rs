//! The operator's policy file: which component is granted what.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::grants::{GrantSet, Source};
use super::mount::Mount;
use super::path::is_normalised;
use super::{Capability, Grant, SystemCall};
use crate::audit::WhenFull;
use crate::component::{ComponentName, LimitsSection, ManifestError};

/// The `policy-version` that this build reads.
const POLICY_VERSION: i64 = 1;

/// The largest policy file, in bytes.
pub(crate) const MAX_POLICY_BYTES: usize = 1 << 20;

/// What an operator grants to components: a whole policy file.
/// Unknown keys are errors; a file that grants nothing grants nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Policy {
    /// The version of this format: 1.
    pub policy_version: i64,
    /// `[[grant]]`, one for each set of grants; those of one component add up.
    #[serde(default, rename = "grant", skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<PolicyGrant>,
    /// `[system-calls.NAME]`: the commands that may be granted by `system-call`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub system_calls: BTreeMap<String, SystemCall>,
    /// `[tls]`: whose certificates are believed.
    #[serde(default, skip_serializing_if = "PolicyTls::is_empty")]
    pub tls: PolicyTls,
    /// `[ceiling.NAME]`: how far manifests may raise limits; NAME is a component, `namespace:*` or `*`.
    #[serde(default, rename = "ceiling", skip_serializing_if = "BTreeMap::is_empty")]
    pub ceilings: BTreeMap<String, LimitsSection>,
    /// `[audit]`: how what happens is recorded.
    #[serde(default, skip_serializing_if = "PolicyAudit::is_default")]
    pub audit: PolicyAudit,
    /// What is denied whatever is granted; no file says it.
    #[serde(skip)]
    revoked: Vec<Grant>,
}

/// `[audit]`: how what happens is recorded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct PolicyAudit {
    /// What happens when no more can be recorded, because the disk is full or more happens than can be written.
    #[serde(default)]
    pub when_full: WhenFull,
    /// How many full files of 16 MiB are kept, at least 1; all of them when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub keep_files: Option<u32>,
}

/// `[tls]`: whose certificates are believed when components make requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct PolicyTls {
    /// Files of authorities in PEM, beside those that this machine believes: absolute paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra_roots: Vec<PathBuf>,
}

/// One `[[grant]]`: to whom, and what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct PolicyGrant {
    /// The component: `greeter` or `acme:greeter`; `acme:*` for all of a namespace, `*` for all.
    pub to: String,
    /// Guest paths that may be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file_read: Vec<String>,
    /// Guest paths that may be written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file_write: Vec<String>,
    /// Addresses that may be connected to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub network_outbound: Vec<String>,
    /// Addresses that may be listened on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub network_inbound: Vec<String>,
    /// Commands of `[system-calls]` that may be run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub system_call: Vec<String>,
    /// Key-value buckets that may be used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub storage: Vec<String>,
    /// Components and topics that may be sent to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messaging: Vec<String>,
    /// Capabilities of the operator's own, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom: BTreeMap<String, Vec<String>>,
    /// Where guest directories are on this machine: absolute guest path to absolute host path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mounts: BTreeMap<String, PathBuf>,
    /// Whether patterns may be broader than a grant should be, such as `/**` or `*`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub broad: bool,
}

impl Default for Policy {
    /// A policy that grants nothing.
    fn default() -> Self {
        Self {
            policy_version: POLICY_VERSION,
            grants: Vec::new(),
            system_calls: BTreeMap::new(),
            tls: PolicyTls::default(),
            ceilings: BTreeMap::new(),
            audit: PolicyAudit::default(),
            revoked: Vec::new(),
        }
    }
}

impl Policy {
    /// Reads a policy file, and checks every pattern in it.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(ManifestError::at(text, 0, "a policy has at most 1 MiB".into()));
        }
        let policy: Self = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            ManifestError::at(text, offset, error.message().trim().to_owned())
        })?;
        match policy.mistake() {
            Some((part, reason)) => Err(ManifestError::at(text, text.find(&part).unwrap_or(0), reason)),
            None => Ok(policy),
        }
    }

    /// The same policy with another `[[grant]]`.
    #[must_use]
    pub fn with(mut self, grant: PolicyGrant) -> Self {
        self.grants.push(grant);
        self
    }

    /// The same, by which nobody has any of this.
    #[must_use]
    pub fn without(mut self, revoked: impl IntoIterator<Item = Grant>) -> Self {
        self.revoked.extend(revoked);
        self
    }

    /// The JSON schema of a policy file, for editors.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// What of it cannot be used: the text to point at, and why.
    fn mistake(&self) -> Option<(String, String)> {
        if self.policy_version != POLICY_VERSION {
            let reason = format!(
                "`policy-version` is {}, and this build reads {POLICY_VERSION}",
                self.policy_version
            );
            return Some(("policy-version".into(), reason));
        }
        if self.audit.keep_files == Some(0) {
            return Some(("keep-files".into(), "`keep-files` is 1 at least".into()));
        }
        let relative = self.tls.extra_roots.iter().find(|path| !path.is_absolute());
        if let Some(path) = relative {
            let shown = path.display().to_string();
            let reason = format!("`{shown}` is no absolute path of this machine");
            return Some((shown, reason));
        }
        let calls = || self.system_calls.values().find_map(SystemCall::mistake);
        let ceilings = || self.ceilings.keys().find_map(|to| unnameable(to));
        let grants = self.grants.iter().find_map(PolicyGrant::mistake);
        grants.or_else(calls).or_else(ceilings)
    }

    /// What a component is granted by it.
    pub(crate) fn grants_of(&self, name: &ComponentName, set: &mut GrantSet) {
        set.system_calls = self.system_calls.clone();
        set.kept = self.kept();
        self.revoked.iter().for_each(|revoked| set.revoke(revoked.clone()));
        for part in self.grants.iter().filter(|part| part.is_to(name)) {
            for grant in part.each().flatten() {
                set.grant(grant, Source::Policy);
            }
            set.mounts
                .extend(part.mounts.iter().map(|(guest, host)| Mount::new(guest, host)));
        }
    }
}

impl Policy {
    /// The components that are named in full.
    pub(crate) fn named(&self) -> impl Iterator<Item = ComponentName> {
        self.grants.iter().filter_map(|part| part.to.parse().ok())
    }
}

impl PolicyAudit {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl PolicyTls {
    fn is_empty(&self) -> bool {
        self.extra_roots.is_empty()
    }
}

impl PolicyGrant {
    /// Adds a grant to those that it has.
    pub(crate) fn add(&mut self, grant: &Grant) {
        let list = match grant.capability() {
            Capability::FileRead => &mut self.file_read,
            Capability::FileWrite => &mut self.file_write,
            Capability::NetworkOutbound => &mut self.network_outbound,
            Capability::NetworkInbound => &mut self.network_inbound,
            Capability::SystemCall => &mut self.system_call,
            Capability::Storage => &mut self.storage,
            Capability::Messaging => &mut self.messaging,
            Capability::Custom(name) => self.custom.entry(name.clone()).or_default(),
        };
        list.push(grant.pattern());
    }

    /// Whether it is to this component.
    fn is_to(&self, name: &ComponentName) -> bool {
        match self.to.strip_suffix(":*") {
            Some(namespace) => name.as_str().split_once(':').is_some_and(|(own, _)| own == namespace),
            None => self.to == "*" || self.to == name.as_str(),
        }
    }

    /// Every grant of it, read; with the pattern where it cannot be.
    fn each(&self) -> impl Iterator<Item = Result<Grant, (String, String)>> {
        let lists = [
            (Capability::FileRead, &self.file_read),
            (Capability::FileWrite, &self.file_write),
            (Capability::NetworkOutbound, &self.network_outbound),
            (Capability::NetworkInbound, &self.network_inbound),
            (Capability::SystemCall, &self.system_call),
            (Capability::Storage, &self.storage),
            (Capability::Messaging, &self.messaging),
        ];
        let read = |capability: Capability, pattern: &String| {
            Grant::parse(capability, pattern).map_err(|error| (pattern.clone(), error.to_string()))
        };
        let named = lists
            .into_iter()
            .flat_map(move |(capability, patterns)| patterns.iter().map(move |p| read(capability.clone(), p)));
        let custom = self.custom.iter().flat_map(move |(name, patterns)| {
            let capability = name.parse::<Capability>();
            // Asking for one without a pattern is asking for the empty one.
            let bare = patterns.is_empty().then(String::new);
            let patterns = patterns.iter().cloned().chain(bare);
            patterns.map(move |pattern| match &capability {
                Ok(capability @ Capability::Custom(_)) => read(capability.clone(), &pattern),
                Ok(_) => Err((name.clone(), format!("`{name}` has a key of its own"))),
                Err(error) => Err((name.clone(), error.to_string())),
            })
        });
        named.chain(custom)
    }

    fn mistake(&self) -> Option<(String, String)> {
        if let Some(mistake) = unnameable(&self.to) {
            return Some(mistake);
        }
        for grant in self.each() {
            match grant {
                Ok(grant) => {
                    if let Some(breadth) = grant.breadth().filter(|_| !self.broad) {
                        let reason = format!(
                            "`{}` is broad: {breadth}; `broad = true` says that it is meant",
                            grant.pattern()
                        );
                        return Some((grant.pattern(), reason));
                    }
                }
                Err(mistake) => return Some(mistake),
            }
        }
        self.mounts.iter().find_map(|(guest, host)| {
            if !is_normalised(guest) {
                let reason = format!(
                    "`{}` is no absolute guest path without `.` and `..`",
                    guest.escape_debug()
                );
                return Some((guest.clone(), reason));
            }
            let shown = host.display().to_string();
            let reason = unsuitable(host, self.broad)?;
            Some((shown.clone(), format!("`{shown}` {reason}")))
        })
    }
}

/// Why this names no components.
fn unnameable(to: &str) -> Option<(String, String)> {
    let name = match to.strip_suffix(":*") {
        Some(namespace) => format!("{namespace}:any"),
        None => to.to_owned(),
    };
    let is_name = to == "*" || name.parse::<ComponentName>().is_ok();
    let reason = || format!("`{}` is no component, no `namespace:*` and not `*`", to.escape_debug());
    (!is_name).then(|| (to.to_owned(), reason()))
}

/// Directories that hold what belongs to the system or to people; granting one of them as a whole has to be meant.
const BROAD: [&str; 13] = [
    "/", "/bin", "/boot", "/etc", "/home", "/lib", "/opt", "/root", "/run", "/sbin", "/Users", "/usr", "/var",
];

/// Why a directory of this machine cannot be mounted, as far as its path says it.
pub(crate) fn unsuitable(host: &Path, is_meant: bool) -> Option<&'static str> {
    if !host.is_absolute() {
        return Some("is no absolute path of this machine");
    }
    if host.components().any(|part| part == Component::ParentDir) {
        return Some("has a `..`");
    }
    let is_home = host
        .parent()
        .is_some_and(|parent| ["/home", "/Users"].iter().any(|home| parent == Path::new(home)));
    let is_broad = is_home || BROAD.iter().any(|broad| host == Path::new(broad));
    (is_broad && !is_meant)
        .then_some("is broad: it holds what belongs to the system or to a person; say that it is meant")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::Access;

    #[test]
    fn what_was_taken_is_denied_whatever_the_policy_grants() {
        let part = PolicyGrant {
            to: "*".into(),
            broad: true,
            network_outbound: vec!["https://*.example.com".into()],
            ..PolicyGrant::default()
        };
        let taken = Grant::parse(Capability::NetworkOutbound, "https://evil.example.com").unwrap();
        let policy = Policy::default().with(part).without([taken]);
        let mut set = GrantSet::default();
        policy.grants_of(&"a".parse().unwrap(), &mut set);
        let grants = crate::capability::Grants::new(set);
        let decide = |host: &str| {
            let (scheme, port) = (crate::capability::Scheme::Https, 443);
            let host = &crate::capability::HostName::parse(host).unwrap();
            grants.decide(&Access::Connect { scheme, host, port }, |_| true).is_ok()
        };
        assert!(decide("api.example.com") && !decide("evil.example.com"));
    }

    const FULL: &str = r#"
policy-version = 1
[[grant]]
to = "acme:greeter"
file-read = ["/data/**"]
file-write = ["/data/out/**"]
network-outbound = ["https://api.example.com:443"]
network-inbound = ["8080"]
system-call = ["backup"]
storage = ["notes"]
messaging = ["orders.*"]
custom = { "acme:gpu" = [] }
mounts = { "/data" = "/srv/data" }
[system-calls.backup]
program = "/usr/bin/backup"
arguments = ["--to", "*.tar"]
timeout = "30s"
max-output = "64KiB"
environment = { LANG = "C" }
[[grant]]
to = "acme:*"
file-read = ["/etc/motd"]
[[grant]]
to = "*"
network-outbound = ["*"]
broad = true
"#;

    #[test]
    fn grants_add_up_for_those_they_are_to() {
        let policy = Policy::parse(FULL).unwrap();
        let count = |name: &str| {
            let mut set = GrantSet::default();
            policy.grants_of(&name.parse().unwrap(), &mut set);
            set.granted().count()
        };
        assert_eq!(
            (
                count("acme:greeter"),
                count("acme:other"),
                count("other"),
                count("acme2:a")
            ),
            (10, 2, 1, 1)
        );
    }

    #[test]
    fn a_mount_says_where_a_guest_path_is() {
        let mut set = GrantSet::default();
        Policy::parse(FULL)
            .unwrap()
            .grants_of(&"acme:greeter".parse().unwrap(), &mut set);
        let found = |path| {
            set.mount_of(path)
                .map(|(mount, rest)| (mount.host.to_str().unwrap().to_owned(), rest))
        };
        assert_eq!(found("/data/a/b"), Some(("/srv/data".into(), "a/b")));
        assert_eq!(found("/database"), None);
        let asked = Grant::parse(Capability::FileRead, "/data/x").unwrap();
        assert!(set.covers(&asked) && asked.fits(&Access::FileRead("/data/x")));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let check = |rest: &str, line, part: &str| {
            let error = Policy::parse(&format!("policy-version = 1\n[[grant]]\n{rest}\n")).unwrap_err();
            assert!(error.line == line && error.to_string().contains(part), "{error}");
        };
        check("to = \"a\"\nfile-raed = []", 4, "unknown field `file-raed`");
        check("file-read = []", 2, "missing field `to`");
        check("to = \"A\"", 3, "is no component");
        check("to = \"a\"\nfile-read = [\"data\"]", 4, "begins with `/`");
        check("to = \"a\"\nfile-read = [\"/**\"]", 4, "is broad");
        check("to = \"a\"\nnetwork-outbound = [\"*.com\"]", 1, "is broad");
        check("to = \"a\"\ncustom = { gpu = [] }", 4, "is no capability");
        check(
            "to = \"a\"\nmounts = { \"/a/..\" = \"/b\" }",
            4,
            "no absolute guest path",
        );
        check(
            "to = \"a\"\nmounts = { \"/a\" = \"b\" }",
            4,
            "no absolute path of this machine",
        );
        for host in ["/etc", "/", "/home/ada", "/home/ada/", "/srv/../etc"] {
            check(
                &format!("to = \"a\"\nmounts = {{ \"/a\" = \"{host}\" }}"),
                4,
                &format!("`{host}`"),
            );
        }
        let tls = |line: &str| Policy::parse(&format!("policy-version = 1\n[tls]\n{line}\n"));
        assert!(tls("extra-roots = [\"/etc/ca.pem\"]").is_ok());
        assert!(
            tls("extra-roots = [\"ca.pem\"]")
                .unwrap_err()
                .reason
                .contains("no absolute path")
        );
        assert!(tls("roots = []").unwrap_err().reason.contains("unknown field"));
        assert!(
            Policy::parse("policy-version = 2")
                .unwrap_err()
                .reason
                .contains("this build reads 1")
        );
        assert!(Policy::parse("").unwrap_err().reason.contains("policy-version"));
    }
}
