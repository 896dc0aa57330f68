//! JSON that says each thing once: what comes from another process is read by these rules.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads one JSON value that is at most 128 deep, names no key of an object twice, and is followed by nothing.
pub(super) fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, serde_json::Error> {
    let Distinct = serde_json::from_slice(text)?;
    serde_json::from_slice(text)
}

/// Any value in which no key of an object is named twice.
struct Distinct;

struct Walk;

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

impl<'de> Visitor<'de> for Walk {
    type Value = Distinct;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_str<E>(self, _: &str) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Distinct, A::Error> {
        while let Some(Distinct) = items.next_element()? {}
        Ok(Distinct)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Distinct, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            let Distinct = entries.next_value()?;
            if let Some(key) = keys.replace(key) {
                let shown: String = key.chars().take(80).collect();
                return Err(A::Error::custom(format!(
                    "the key `{}` is there twice",
                    shown.escape_debug()
                )));
            }
        }
        Ok(Distinct)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn check(text: &str, expected: &str) {
        let said = read::<Value>(text.as_bytes()).err().map(|error| error.to_string());
        let said = said.unwrap_or_default();
        assert!(
            said.contains(expected) && said.is_empty() == expected.is_empty(),
            "{text}: {said}"
        );
    }

    #[test]
    fn each_thing_is_said_once() {
        check(r#"{"a": [null, true, -1, 1.5, "x", {"a": {"a": 1}}, {"b": 1}]}"#, "");
        check(r#"{"a": 1, "a": 1}"#, "`a` is there twice");
        check(r#"[{"config": {"x": 1, "y": 2, "x": 3}}]"#, "`x` is there twice");
        check(r#"{"a": 1, "\u0061": 2}"#, "`a` is there twice");
        check("1 2", "trailing characters");
        check("", "EOF");
        check(&format!("{}{}", "[".repeat(127), "]".repeat(127)), "");
        check(&format!("{}{}", "[".repeat(129), "]".repeat(129)), "recursion limit");
    }

    #[test]
    fn a_million_keys_are_read_in_their_own_size() {
        let keys: Vec<String> = (0..1_000_000).map(|n| format!("\"{n}\":0")).collect();
        assert_eq!(
            read::<Value>(format!("{{{}}}", keys.join(",")).as_bytes()).unwrap()["7"],
            0
        );
    }
}
