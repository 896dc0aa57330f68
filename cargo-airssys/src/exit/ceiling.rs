//! What helps against limits above the operator's ceilings: the lines to add to a policy.

use airssys_wasm::capability::AboveCeiling;

use super::permission::{Policies, quoted};

/// A sentence, and lines below it.
pub(super) fn advice(
    name: &str,
    above: &[AboveCeiling],
    policy: Option<&str>,
    policies: &Policies,
) -> (String, String) {
    let each = above.iter().map(|above| above.limit.line(above.asked) + "\n");
    let lines = each.collect::<String>();
    let table = format!("[ceiling.{}]", quoted(name));
    let less = "ask for less under `[limits]` in Component.toml, or, if it may have that,";
    if let Some(file) = policy {
        return match above.iter().any(|above| above.has_own) {
            // A table that is there already must not begin again.
            true => (format!("{less} change these lines below `{table}` in {file}"), lines),
            false => (format!("{less} add these lines to {file}"), format!("{table}\n{lines}")),
        };
    }
    let begun = format!("policy-version = 1\n{table}\n{lines}");
    match policies {
        Policies::At(file) => (format!("{less} write these lines to {}", file.display()), begun),
        // In a project of one's own nothing is read that is not named.
        Policies::Named | Policies::Elsewhere => (
            format!("{less} write these lines to a file that its host reads with `--policy FILE`"),
            begun,
        ),
    }
}

#[cfg(test)]
mod tests {
    use airssys_wasm::Error;
    use airssys_wasm::capability::Policy;
    use airssys_wasm::component::Limit;
    use serde_json::json;

    use super::super::permission;
    use super::*;

    fn refused(policy: Option<&str>, has_own: bool) -> Error {
        let above = json!([
            { "limit": "memory", "asked": 2_u64 << 30, "ceiling": 1_u64 << 30, "has_own": has_own },
            { "limit": "handles", "asked": 100_000, "ceiling": 65_536, "has_own": has_own },
        ]);
        let error = json!({ "above-ceiling": { "label": "acme:a@1.0.0", "above": above, "policy": policy } });
        serde_json::from_value(error).unwrap()
    }

    #[test]
    fn what_is_to_be_added_is_a_policy_that_lets_it_in() {
        let (help, lines) =
            permission::advice(&refused(None, false), &Policies::At("/state/policy.toml".into())).unwrap();
        assert!(help.contains("write these lines to /state/policy.toml"), "{help}");
        let policy = Policy::parse(&lines).unwrap();
        let ceiling = &policy.ceilings["acme:a"];
        assert_eq!(ceiling.amount(Limit::Memory), Some(2 << 30));
        assert_eq!(ceiling.amount(Limit::Handles), Some(100_000));
    }

    #[test]
    fn lines_for_a_file_that_is_there_begin_nothing_again() {
        let (_, lines) = permission::advice(&refused(Some("/etc/p.toml"), false), &Policies::Named).unwrap();
        assert!(lines.starts_with("[ceiling.\"acme:a\"]\n"), "{lines}");
        let (help, lines) = permission::advice(&refused(Some("/etc/p.toml"), true), &Policies::Named).unwrap();
        assert!(help.contains("below `[ceiling.\"acme:a\"]`"), "{help}");
        assert!(lines.starts_with("memory = \"2048MiB\"\n"), "{lines}");
    }
}
