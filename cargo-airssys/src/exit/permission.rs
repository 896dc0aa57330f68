//! What grants a component what it asks for: the lines to add to a policy, and the commands to run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::ceiling;
use airssys_wasm::Error;
use airssys_wasm::capability::{Capability, Missing};

/// Where a policy can be written.
pub(crate) enum Policies {
    /// Nowhere that this command knows of: grants are given by command.
    Elsewhere,
    /// In this file, which is read when it is there.
    At(PathBuf),
    /// In a file that is named with `--policy`.
    Named,
}

/// What helps a component that asks for what it is not granted: a sentence, and lines below it; none against other errors.
pub(crate) fn advice(error: &Error, policies: &Policies) -> Option<(String, String)> {
    let (label, missing, policy) = match error {
        Error::NotGranted { label, missing, policy } => (label, missing, policy),
        Error::Deployment { reason, .. } => return advice(reason, policies),
        Error::AboveCeiling { label, above, policy } => {
            let name = label.split('@').next().unwrap_or(label);
            return Some(ceiling::advice(name, above, policy.as_deref(), policies));
        }
        _ => return None,
    };
    let name = label.split('@').next().unwrap_or(label);
    let commands = missing
        .iter()
        .map(|missing| command(name, missing) + "\n")
        .collect::<String>();
    if missing.iter().any(|missing| missing.revoked) {
        // A policy does not take that back.
        return Some((
            "what was revoked is granted again by a command: run what is below, if it may have that".into(),
            commands,
        ));
    }
    let snippet = snippet(name, missing);
    let begun = format!("policy-version = 1\n{snippet}");
    let (help, snippet) = match (policy, policies) {
        (Some(file), _) => (format!("add these lines to {file}, or run what is below them"), snippet),
        (None, Policies::At(file)) => (
            format!("write these lines to {}, or run what is below them", file.display()),
            begun,
        ),
        (None, Policies::Named) => (
            "write these lines to a file and name it with `--policy FILE`, or run what is below them".into(),
            begun,
        ),
        (None, Policies::Elsewhere) => return Some(("run what is below, if it may have that".into(), commands)),
    };
    Some((help, format!("{snippet}\n{commands}")))
}

/// The `[[grant]]` of a policy file.
fn snippet(name: &str, missing: &[Missing]) -> String {
    let mut text = format!("[[grant]]\nto = {}\n", quoted(name));
    for capability in Capability::NAMED {
        let patterns = missing.iter().filter(|missing| missing.capability == capability);
        let patterns: Vec<String> = patterns.map(|missing| quoted(&missing.pattern)).collect();
        if !patterns.is_empty() {
            text.push_str(&format!("{capability} = [{}]\n", patterns.join(", ")));
        }
    }
    let mut custom: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for missing in missing {
        if let Capability::Custom(name) = &missing.capability {
            let patterns = custom.entry(name).or_default();
            if !missing.pattern.is_empty() {
                patterns.push(quoted(&missing.pattern));
            }
        }
    }
    if !custom.is_empty() {
        let each = custom
            .iter()
            .map(|(name, patterns)| format!("{} = [{}]", quoted(name), patterns.join(", ")));
        text.push_str(&format!("custom = {{ {} }}\n", each.collect::<Vec<_>>().join(", ")));
    }
    let mut unmounted: Vec<&str> = missing
        .iter()
        .filter_map(|missing| missing.unmounted.as_deref())
        .collect();
    unmounted.sort_unstable();
    unmounted.dedup();
    if !unmounted.is_empty() {
        let each = unmounted
            .iter()
            .map(|directory| format!("{0} = {0}", quoted(directory)));
        text.push_str(&format!("mounts = {{ {} }}\n", each.collect::<Vec<_>>().join(", ")));
    }
    if missing.iter().any(is_broad) {
        text.push_str("broad = true\n");
    }
    text
}

/// The command that grants one of them.
fn command(name: &str, missing: &Missing) -> String {
    let mut text = grant_line("{cli} permission grant", name, &missing.capability, &missing.pattern);
    if let Some(directory) = &missing.unmounted {
        text.push_str(&format!(" --mount {}", in_shell(&format!("{directory}={directory}"))));
    }
    if is_broad(missing) {
        text.push_str(" --broad");
    }
    text
}

/// The words that grant something, as a shell takes them.
pub(crate) fn grant_line(verb: &str, name: &str, capability: &Capability, pattern: &str) -> String {
    // Patterns have characters that a shell takes for its own.
    let pattern = format!("'{}'", pattern.replace('\'', r"'\''"));
    format!("{verb} {name} {capability} {pattern}")
}

fn is_broad(missing: &Missing) -> bool {
    let grant = airssys_wasm::capability::Grant::parse(missing.capability.clone(), &missing.pattern);
    grant.is_ok_and(|grant| grant.breadth().is_some())
}

/// A word as a shell takes it.
pub(crate) fn in_shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/=._-".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use airssys_wasm::capability::Policy;
    use serde_json::json;

    use super::*;

    fn refused(policy: Option<&str>) -> Error {
        let missing = json!([
            { "capability": "file-read", "pattern": "/data/**", "unmounted": "/data" },
            { "capability": "file-write", "pattern": "/it's/**", "unmounted": "/it's" },
            { "capability": "storage", "pattern": "*", "unmounted": null },
            { "capability": "acme:gpu", "pattern": "", "unmounted": null },
        ]);
        let error = json!({ "not-granted": { "label": "acme:a@1.0.0", "missing": missing, "policy": policy } });
        serde_json::from_value(error).unwrap()
    }

    #[test]
    fn what_is_to_be_added_is_a_policy_and_what_is_to_be_run_says_the_same() {
        let (help, lines) = advice(&refused(None), &Policies::At("/state/policy.toml".into())).unwrap();
        assert!(help.contains("/state/policy.toml"), "{help}");
        let (policy, commands) = lines.split_once("\n\n").unwrap();
        let policy = Policy::parse(policy).unwrap();
        let grant = &policy.grants[0];
        assert_eq!((grant.to.as_str(), grant.broad), ("acme:a", true));
        assert_eq!(grant.mounts.len(), 2);
        assert_eq!(
            commands,
            "{cli} permission grant acme:a file-read '/data/**' --mount /data=/data\n\
             {cli} permission grant acme:a file-write '/it'\\''s/**' --mount '/it'\\''s=/it'\\''s'\n\
             {cli} permission grant acme:a storage '*' --broad\n\
             {cli} permission grant acme:a acme:gpu ''\n"
        );
    }

    #[test]
    fn lines_for_a_file_that_is_there_do_not_begin_it_again() {
        let (help, lines) = advice(&refused(Some("/etc/p.toml")), &Policies::Named).unwrap();
        assert!(help.contains("add these lines to /etc/p.toml"), "{help}");
        assert!(lines.starts_with("[[grant]]\n"), "{lines}");
    }
}
