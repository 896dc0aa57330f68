//! Entries of the audit log.

use std::io::{self, Write as _};

use serde_json::{Map, Value};

use super::{Shell, printable_line};

impl Shell {
    /// Prints an entry of the audit log as a result.
    ///
    /// # Errors
    ///
    /// Also when the reader has gone: then there is nobody to follow for.
    pub(crate) fn audited(&self, entry: &Map<String, Value>) -> io::Result<()> {
        match self.is_json() {
            true => writeln!(anstream::stdout(), "{}", serde_json::to_string(entry)?),
            false => writeln!(anstream::stdout(), "{}", text(entry)),
        }
    }
}

/// What comes first in a line, without its name.
const FIRST: [&str; 5] = ["seq", "at", "kind", "component", "version"];

/// `7 2026-11-28 09:00:00.123 access a@1.0.0 decision=allow …`.
fn text(entry: &Map<String, Value>) -> String {
    let said = |key: &str| entry.get(key).map(word).unwrap_or_default();
    let at = said("at");
    let at = at.get(..23).unwrap_or(&at).replace('T', " ");
    let mut line = format!("{} {at} {}", said("seq"), said("kind"));
    match (said("component"), said("version")) {
        (component, _) if component.is_empty() => {}
        (component, version) if version.is_empty() => line.extend([" ", component.as_str()]),
        (component, version) => line.extend([" ", component.as_str(), "@", version.as_str()]),
    }
    for (key, value) in entry.iter().filter(|(key, _)| !FIRST.contains(&key.as_str())) {
        let value = word(value);
        if value.is_empty() {
            continue;
        }
        // A digest or signature in full helps nobody who reads lines; `-o json` has it.
        let is_long = value.len() > 24 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = value.get(..12).filter(|_| is_long).unwrap_or(&value);
        match value.contains(char::is_whitespace) {
            true => line.push_str(&format!(" {key}={value:?}")),
            false => line.push_str(&format!(" {key}={value}")),
        }
    }
    printable_line(&line)
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_line_that_steers_nothing() {
        let entry = serde_json::json!({
            "seq": 7, "at": "2026-11-28T09:00:00.123456Z", "kind": "access", "component": "a", "version": "1.0.0",
            "digest": "0123456789abcdef0123456789abcdef", "pattern": "/data/\u{1b}[2J x", "decision": "deny",
        });
        let shown = text(entry.as_object().unwrap());
        assert!(
            shown.starts_with("7 2026-11-28 09:00:00.123 access a@1.0.0 "),
            "{shown}"
        );
        assert!(
            shown.contains("digest=0123456789ab") && !shown.contains("0123456789abc"),
            "{shown}"
        );
        assert!(shown.contains("decision=deny") && shown.contains("\\u{1b}"), "{shown}");
        assert!(!shown.contains('\u{1b}'));
    }
}
