//! A policy as a file: who may write to it, and how large it may be.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::policy::{MAX_POLICY_BYTES, Policy};
use crate::error::Error;

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    ///
    /// [`Error::Policy`] when it is no regular file, when others than its owner may write to it, and when something in it
    /// is wrong.
    pub fn read(path: &Path) -> Result<Self, Error> {
        parse_policy(path, &read_policy(path)?)
    }
}

/// Reads the text of a policy file.
pub(crate) fn parse_policy(path: &Path, text: &str) -> Result<Policy, Error> {
    Policy::parse(text).map_err(|error| unusable(path, error.to_string()))
}

/// Whoever can write to the file grants what they like, so that only its owner may.
pub(crate) fn read_policy(path: &Path) -> Result<String, Error> {
    let failed = |error: std::io::Error| unusable(path, error.to_string());
    // Opening what is no file, such as a pipe, may wait for ever otherwise.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = File::options()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .map_err(failed)?;
    let found = file.metadata().map_err(failed)?;
    if !found.is_file() {
        return Err(unusable(path, "it is no regular file".into()));
    }
    let is_trusted = [0, rustix::process::geteuid().as_raw()].contains(&found.uid());
    if !is_trusted {
        return Err(unusable(path, "it belongs to another user".into()));
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
    fn only_its_owner_may_write_to_a_regular_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        let exposed = || matches!(Policy::read(&path), Err(Error::Policy { is_exposed: true, .. }));
        write(&path, "policy-version = 1\n", 0o620);
        assert!(exposed());
        write(&path, "policy-version = 1\n", 0o602);
        assert!(exposed());
        write(&path, "policy-version = 1\n", 0o644);
        assert!(Policy::read(&path).is_ok());
        assert!(Policy::read(folder.path()).is_err());
        write(
            &path,
            &format!("policy-version = 1\n#{}", "x".repeat(MAX_POLICY_BYTES)),
            0o600,
        );
        let error = Policy::read(&path).unwrap_err();
        assert!(error.to_string().contains("1 MiB"), "{error}");
    }
}
