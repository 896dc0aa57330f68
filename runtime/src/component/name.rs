//! The name of a component: `greeter`, or `acme:greeter` with a namespace.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest part of a name, in bytes.
const MAX_PART: usize = 64;

/// A valid component name: `[namespace:]name`.
///
/// Each part is lower-case ASCII kebab-case: it starts with a letter, continues with letters, digits and single
/// hyphens, ends with a letter or digit, and has at most 64 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ComponentName(String);

/// Why a text is not a component name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("`{}` is not a component name: {reason}", shown(name))]
pub struct NameError {
    name: String,
    reason: Cow<'static, str>,
}

impl ComponentName {
    /// The whole name, namespace included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without its namespace.
    pub fn base(&self) -> &str {
        self.0.rsplit(':').next().unwrap_or(&self.0)
    }
}

impl FromStr for ComponentName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |reason: &'static str| {
            Err(NameError {
                name: text.to_owned(),
                reason: reason.into(),
            })
        };
        let parts: Vec<&str> = text.split(':').collect();
        if parts.len() > 2 {
            return refuse("it has more than one `:`");
        }
        match parts.into_iter().find_map(defect) {
            Some(reason) => refuse(reason),
            None => Ok(Self(text.to_owned())),
        }
    }
}

/// The first rule that one part of a name breaks.
fn defect(part: &str) -> Option<&'static str> {
    let bytes = part.as_bytes();
    if bytes.is_empty() {
        return Some("a part of it is empty");
    }
    if bytes.len() > MAX_PART {
        return Some("a part of it is longer than 64 bytes");
    }
    if !bytes[0].is_ascii_lowercase() {
        return Some("each part starts with a lower-case letter");
    }
    if !bytes
        .iter()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
    {
        return Some("only lower-case ASCII letters, digits and `-` are allowed");
    }
    if part.ends_with('-') || part.contains("--") {
        return Some("a `-` stands between two letters or digits");
    }
    None
}

/// A name as it may be printed: short, and without control characters.
fn shown(name: &str) -> String {
    let mut text: String = name.chars().take(80).flat_map(char::escape_debug).collect();
    if name.chars().count() > 80 {
        text.push('…');
    }
    text
}

impl fmt::Display for ComponentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ComponentName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ComponentName> for String {
    fn from(name: ComponentName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules() {
        for good in ["greeter", "acme:greeter", "a", "my-component", "x2", &"a".repeat(64)] {
            assert!(good.parse::<ComponentName>().is_ok(), "{good}");
        }
        for bad in [
            "",
            ":",
            "a:",
            ":a",
            "a:b:c",
            "..",
            "a/b",
            ".hidden",
            "-rf",
            "A",
            "a_b",
            "a--b",
            "a-",
            "1a",
            "a\n",
            "a\0",
            "ä",
            "a b",
            &"a".repeat(65),
        ] {
            assert!(bad.parse::<ComponentName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_error_shows_no_control_characters() {
        let error = "a\n\u{1b}[31mb".parse::<ComponentName>().unwrap_err().to_string();
        assert!(!error.contains('\n') && !error.contains('\u{1b}'), "{error}");
    }
}
