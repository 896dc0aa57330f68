//! The policy in force, and the file that it is read from.

use std::path::{Path, PathBuf};

use crate::audit::{Recorded, shortened};
use crate::capability::{Policy, parse_policy, read_policy};
use crate::component::Digest;
use crate::error::Error;

/// A policy; one from a file follows it.
#[derive(Debug, Default)]
pub(crate) struct PolicySource {
    policy: Policy,
    file: Option<(PathBuf, String)>,
}

impl PolicySource {
    /// A policy that does not change.
    pub(crate) fn fixed(policy: Policy) -> Self {
        Self { policy, file: None }
    }

    /// The policy in a file, and what is written to it later.
    pub(crate) fn of_file(path: &Path) -> Result<Self, Error> {
        // From here on the current directory does not matter.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let text = read_policy(&path)?;
        Ok(Self {
            policy: parse_policy(&path, &text)?,
            file: Some((path, text)),
        })
    }

    /// What holds now.
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What is recorded when it comes into force.
    pub(crate) fn loaded(&self) -> Recorded {
        let (file, digest) = match &self.file {
            Some((path, text)) => (Some(path.display().to_string()), Digest::of(text.as_bytes())),
            None => (None, Digest::of(&serde_json::to_vec(&self.policy).unwrap_or_default())),
        };
        Recorded::PolicyLoaded {
            file: file.as_deref().map(shortened),
            digest,
        }
    }

    /// The file that is followed.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_ref().map(|(path, _)| path.as_path())
    }

    /// Reads the file again; says whether its content has changed.
    /// When it cannot be used, what was in force stays.
    pub(super) fn reread(&mut self) -> Result<bool, Error> {
        let Some((path, text)) = &mut self.file else {
            return Ok(false);
        };
        let now = read_policy(path)?;
        if now == *text {
            return Ok(false);
        }
        self.policy = parse_policy(path, &now)?;
        *text = now;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn write(path: &Path, text: &str, mode: u32) {
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_is_followed_and_a_broken_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        write(&path, "policy-version = 1\n", 0o600);
        let mut source = PolicySource::of_file(&path).unwrap();
        assert!(!source.reread().unwrap());
        write(&path, "policy-version = 1\n[[grant]]\nto = \"a\"\n", 0o600);
        assert!(source.reread().unwrap());
        assert_eq!(source.policy().grants.len(), 1);
        write(&path, "policy-version = 1\n[[grant]]\n", 0o600);
        let error = source.reread().unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert_eq!(source.policy().grants.len(), 1);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(source.reread().unwrap_err().code().as_str(), "invalid-policy");
        assert_eq!(source.policy().grants.len(), 1);
    }
}
