//! A tool of another language: where it comes from, what it is called, and its version.

use std::fmt;
use std::str::FromStr;

use super::ToolError;

/// The longest name of a tool, in bytes.
const LONGEST: usize = 120;

/// A tool in one version, as `pip:componentize-py@0.25.1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tool {
    /// Where it comes from.
    pub registry: Registry,
    /// The name of its package there.
    pub package: String,
    /// Its version.
    pub version: String,
}

/// Where tools come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Registry {
    /// The Python package index, by `pip` in a virtual environment.
    Pip,
    /// The registry of Node.js, by `npm`.
    Npm,
}

impl Registry {
    /// Every registry.
    pub const ALL: [Self; 2] = [Self::Pip, Self::Npm];

    /// What stands before the colon.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pip => "pip",
            Self::Npm => "npm",
        }
    }
}

impl Tool {
    /// The name of the package without its scope.
    pub fn base(&self) -> &str {
        self.package.rsplit('/').next().unwrap_or(&self.package)
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}@{}", self.registry.as_str(), self.package, self.version)
    }
}

impl FromStr for Tool {
    type Err = ToolError;

    fn from_str(text: &str) -> Result<Self, ToolError> {
        let refused = || ToolError::Invalid { text: text.into() };
        let (registry, rest) = text.split_once(':').ok_or_else(refused)?;
        let registry = Registry::ALL.into_iter().find(|one| one.as_str() == registry);
        let registry = registry.ok_or_else(refused)?;
        // The scope of a package of npm begins with the same sign.
        let (package, version) = rest.rsplit_once('@').ok_or_else(refused)?;
        let name = match registry {
            Registry::Pip => package,
            Registry::Npm => package.strip_prefix('@').unwrap_or(package),
        };
        let slashes = if name.len() < package.len() { 1 } else { 0 };
        let is_word = |word: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            word.starts_with(|first: char| first.is_ascii_alphanumeric()) && word.bytes().all(is_plain)
        };
        let parts: Vec<&str> = name.split('/').collect();
        let is_version = version.starts_with(|first: char| first.is_ascii_digit())
            && version
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-+.".contains(&byte));
        if text.len() > LONGEST || parts.len() != slashes + 1 || !parts.into_iter().all(is_word) || !is_version {
            return Err(refused());
        }
        Ok(Self {
            registry,
            package: package.into(),
            version: version.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_written_as_it_is_read() {
        for text in [
            "pip:componentize-py@0.25.1",
            "npm:@bytecodealliance/jco@1.35.0",
            "npm:typescript@7.0.2",
            "pip:x@1.0.0rc1",
        ] {
            assert_eq!(text.parse::<Tool>().unwrap().to_string(), text);
        }
        assert_eq!(
            "npm:@bytecodealliance/jco@1.35.0".parse::<Tool>().unwrap().base(),
            "jco"
        );
    }

    #[test]
    fn nothing_else_is_a_tool() {
        for text in [
            "",
            "componentize-py",
            "pip:componentize-py",
            "gem:rails@1.0",
            "pip:a@",
            "pip:a@latest",
            "pip:@scope/a@1.0",
            "npm:a/b@1.0",
            "npm:@a/b/c@1.0",
            "npm:../a@1.0",
            "pip:--index-url=x@1.0",
            "pip:a b@1.0",
            "npm:a@1.0 || 2",
        ] {
            assert!(text.parse::<Tool>().is_err(), "{text}");
        }
    }
}
