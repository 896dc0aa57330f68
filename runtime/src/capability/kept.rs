//! Files of this machine that a policy has the host run or believe: whoever writes to them does more than is granted.

use std::path::PathBuf;
use std::sync::Arc;

use super::grants::GrantSet;
use super::mount::Mount;
use super::path::is_within;
use super::{Capability, Grant, Policy};

/// A file that a policy names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Where it is named.
    named: String,
    pub(crate) path: PathBuf,
}

/// A mount that such a file is in: nothing in it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldMount {
    /// Its guest path.
    pub(crate) guest: String,
    pub(crate) kept: Kept,
}

impl Kept {
    /// Why a mount that it is in may not be written to.
    pub(crate) fn reason(&self) -> String {
        let (named, path) = (&self.named, self.path.display());
        format!(
            "{named}, {path}, is in it, and the component may write there: mount another directory for what it writes"
        )
    }
}

impl Policy {
    /// The files that it has the host run or believe.
    pub(super) fn kept(&self) -> Arc<[Kept]> {
        let programs = self.system_calls.iter().map(|(name, call)| Kept {
            named: format!("the program of `[system-calls.{name}]`"),
            path: call.program.clone(),
        });
        let roots = self.tls.extra_roots.iter().map(|path| Kept {
            named: "a file of `[tls]`".into(),
            path: path.clone(),
        });
        programs.chain(roots).collect()
    }
}

impl GrantSet {
    /// Whether a grant is for writing something in a mount.
    pub(crate) fn writes_in(&self, grant: &Grant, mount: &Mount) -> bool {
        let Some(directory) = grant
            .directory()
            .filter(|_| *grant.capability() == Capability::FileWrite)
        else {
            return false;
        };
        let is_in = |path: &str| self.mount_of(path).is_some_and(|(found, _)| found.guest == mount.guest);
        let is_around = is_within(&mount.guest, &directory) && grant.reaches(&mount.guest);
        is_in(&directory) || is_in(&grant.pattern()) || is_around
    }

    /// Whether something in a mount is granted to be written.
    pub(crate) fn lets_write_in(&self, mount: &Mount) -> bool {
        let mut granted = self.granted().map(|granted| &granted.grant);
        granted.any(|grant| self.writes_in(grant, mount) && !self.is_revoked(grant))
    }

    /// The mount that may be written to although a file of the policy is in it.
    pub(crate) fn exposed(&self) -> Option<&HeldMount> {
        self.held.iter().find(|held| {
            let mount = self.mount_of(&held.guest).map(|(mount, _)| mount);
            mount.is_some_and(|mount| self.lets_write_in(mount))
        })
    }

    /// Whether a path is in a mount that a file of the policy is in.
    pub(super) fn is_held(&self, path: &str) -> bool {
        let is_held = |mount: &Mount| self.held.iter().any(|held| held.guest == mount.guest);
        !self.held.is_empty() && self.mount_of(path).is_some_and(|(mount, _)| is_held(mount))
    }
}
