//! What components tried and were denied, and the `[capabilities]` that would ask for it.

use std::sync::{Arc, Mutex, PoisonError};

use super::host::Listener;
use airssys_wasm::Event;
use airssys_wasm::capability::{Capability, Grant, Refusal};
use airssys_wasm::component::{AccessRequests, ComponentName};

/// Collects what components wanted and do not ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lesson(Arc<Mutex<Vec<(ComponentName, Grant)>>>);

impl Lesson {
    /// A listener that keeps what teaches something, and passes everything else on.
    pub(crate) fn listener(&self, listener: Listener) -> Listener {
        let lesson = self.clone();
        Arc::new(move |event| {
            if !lesson.takes(event) {
                listener(event);
            }
        })
    }

    /// Keeps an event that teaches something; false when it does not.
    fn takes(&self, event: &Event) -> bool {
        let Event::Denied {
            component,
            capability,
            pattern,
            refusal: Refusal::NotAsked,
            ..
        } = event
        else {
            return false;
        };
        // A pattern that was cut, because it is too long to tell, asks for nothing.
        if let Ok(grant) = Grant::parse(capability.clone(), pattern) {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let wanted = (component.clone(), grant);
            if !all.contains(&wanted) {
                all.push(wanted);
            }
        }
        true
    }

    /// Keeps an event if it teaches something.
    pub(crate) fn keep(&self, event: &Event) {
        self.takes(event);
    }

    /// The components that wanted something.
    pub(crate) fn components(&self) -> Vec<ComponentName> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<ComponentName> = all.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The whole `[capabilities]` of a component that asks for this already; none when it wanted nothing else.
    pub(crate) fn block(&self, name: &ComponentName, asked: &AccessRequests) -> Option<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = asked
            .iter()
            .filter_map(|(key, pattern)| Some((key.parse::<Capability>().ok()?, pattern)));
        // What it asks for already stays as its author wrote it.
        let mut lines: Vec<(Capability, String)> = asked.map(|(key, pattern)| (key, pattern.to_owned())).collect();
        let is_covered = |lines: &[(Capability, String)], wanted: &Grant| {
            let grants = lines
                .iter()
                .filter_map(|(key, pattern)| Grant::parse(key.clone(), pattern).ok());
            grants.into_iter().any(|grant| grant.covers(wanted))
        };
        let before = lines.len();
        for (_, wanted) in all.iter().filter(|(of, _)| of == name) {
            if !is_covered(&lines, wanted) {
                lines.push((wanted.capability().clone(), wanted.pattern()));
            }
        }
        (lines.len() > before).then(|| rendered(&lines))
    }
}

fn rendered(lines: &[(Capability, String)]) -> String {
    let mut keys: Vec<&Capability> = lines.iter().map(|(key, _)| key).collect();
    keys.sort();
    keys.dedup();
    let mut text = String::from("[capabilities]\n");
    for key in keys {
        let patterns = lines.iter().filter(|(of, pattern)| of == key && !pattern.is_empty());
        let patterns: Vec<String> = patterns
            .map(|(_, pattern)| toml::Value::from(pattern.as_str()).to_string())
            .collect();
        let patterns = patterns.join(", ");
        match key {
            Capability::Custom(name) => {
                text.push_str(&format!("[capabilities.custom.{}]\n", toml::Value::from(name.as_str())));
                if !patterns.is_empty() {
                    text.push_str(&format!("patterns = [{patterns}]\n"));
                }
            }
            named => text.push_str(&format!("{named} = [{patterns}]\n")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use airssys_wasm::component::Manifest;

    use super::*;

    fn denied(capability: Capability, pattern: &str, refusal: Refusal) -> Event {
        let event = serde_json::json!({
            "event": "denied", "component": "a", "version": "1.0.0",
            "capability": capability, "pattern": pattern, "refusal": refusal,
        });
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn what_was_denied_is_added_to_what_is_asked_for() {
        let lesson = Lesson::default();
        assert!(lesson.takes(&denied(
            Capability::NetworkOutbound,
            "https://a.example:443",
            Refusal::NotAsked
        )));
        assert!(lesson.takes(&denied(Capability::FileRead, "/data/in", Refusal::NotAsked)));
        assert!(lesson.takes(&denied(Capability::FileRead, "/etc/hosts", Refusal::NotAsked)));
        assert!(lesson.takes(&denied(Capability::FileRead, "/etc/hosts", Refusal::NotAsked)));
        assert!(!lesson.takes(&denied(Capability::FileRead, "/no", Refusal::NotGranted)));
        let asked =
            "manifest-version = 1\n[capabilities]\nfile-read = [\"/data/**\"]\n[capabilities.custom.\"acme:gpu\"]\n";
        let asked = Manifest::parse(asked).unwrap().capabilities;
        let name: ComponentName = "a".parse().unwrap();
        let block = lesson.block(&name, &asked).unwrap();
        assert_eq!(
            block,
            "[capabilities]\nfile-read = [\"/data/**\", \"/etc/hosts\"]\n\
             network-outbound = [\"https://a.example:443\"]\n[capabilities.custom.\"acme:gpu\"]\n"
        );
        // Its author pastes it.
        let again = Manifest::parse(&format!("manifest-version = 1\n{block}"))
            .unwrap()
            .capabilities;
        assert_eq!(lesson.block(&name, &again), None);
    }
}
