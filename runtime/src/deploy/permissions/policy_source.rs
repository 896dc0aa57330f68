//! The policy in force, and the file that it is read from.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::capability::{MAX_POLICY_BYTES, Policy};
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
        let path = std::path::absolute(path).map_err(|error| unusable(path, error.to_string()))?;
        let text = read(&path)?;
        Ok(Self {
            policy: parse(&path, &text)?,
            file: Some((path, text)),
        })
    }

    /// What holds now.
    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The file that is followed.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_ref().map(|(path, _)| path.as_path())
    }

    /// Reads the file again; says whether its content has changed.
    /// When it cannot be used, what was in force stays.
    pub(super) fn reread(&mut self) -> Result<bool, Error> {
        let Some((path, text)) = &mut self.file else { return Ok(false) };
        let now = read(path)?;
        if now == *text {
            return Ok(false);
        }
        self.policy = parse(path, &now)?;
        *text = now;
        Ok(true)
    }
}

fn parse(path: &Path, text: &str) -> Result<Policy, Error> {
    Policy::parse(text).map_err(|error| unusable(path, error.to_string()))
}

/// Whoever can write to the file grants what they like, so that only its owner may.
fn read(path: &Path) -> Result<String, Error> {
    let failed = |error: std::io::Error| unusable(path, error.to_string());
    // Opening what is no file, such as a pipe, may wait for ever.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(unusable(path, "it is no regular file".into()));
    }
    let file = File::open(path).map_err(failed)?;
    // What was opened counts: the path may lead to another file by now.
    let found = file.metadata().map_err(failed)?;
    if !found.is_file() {
        return Err(unusable(path, "it is no regular file".into()));
    }
    if found.permissions().mode() & 0o022 != 0 {
        return Err(Error::Policy {
            path: path.to_owned(),
            reason: "others than its owner may write to it".into(),
            is_exposed: true,
        });
    }
    let mut text = String::new();
    let limit = MAX_POLICY_BYTES as u64 + 1;
    file.take(limit).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

fn unusable(path: &Path, reason: String) -> Error {
    Error::Policy {
        path: path.to_owned(),
        reason,
        is_exposed: false,
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn only_its_owner_may_write_to_a_regular_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        let exposed = || matches!(PolicySource::of_file(&path), Err(Error::Policy { is_exposed: true, .. }));
        write(&path, "policy-version = 1\n", 0o620);
        assert!(exposed());
        write(&path, "policy-version = 1\n", 0o602);
        assert!(exposed());
        write(&path, "policy-version = 1\n", 0o644);
        assert!(PolicySource::of_file(&path).is_ok());
        assert!(PolicySource::of_file(folder.path()).is_err());
        write(&path, &format!("policy-version = 1\n#{}", "x".repeat(MAX_POLICY_BYTES)), 0o600);
        let error = PolicySource::of_file(&path).unwrap_err();
        assert!(error.to_string().contains("1 MiB"), "{error}");
    }
}
