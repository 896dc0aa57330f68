//! Who is granted what by a host: where grants come from, and how they are changed and shown.

use std::path::{Path, PathBuf};

use super::{Host, HostBuilder};
use crate::audit::{Recorded, Trail, shortened};
use crate::capability::{Grant, Policy, Source};
use crate::component::ComponentName;
use crate::deploy::{
    ComponentPermissions, GrantOptions, HomeRule, Origin, PermissionChange, PolicySource, Project, Sources,
};
use crate::error::Result;

/// What a host is told of where its grants come from.
#[derive(Debug, Default)]
pub(super) struct GrantSources {
    policy: Policy,
    file: Option<PathBuf>,
    project: Option<PathBuf>,
    is_test: bool,
    teaches: bool,
}

impl GrantSources {
    /// Reads what has to be read.
    pub(super) fn open(self, state_dir: &Path) -> Result<Sources> {
        let mut policy = self.policy;
        if self.is_test {
            // A case says which directories there are: no file outside of them is touched.
            policy.grants.iter_mut().for_each(|grant| grant.mounts.clear());
        }
        let policy = match &self.file {
            Some(path) => PolicySource::of_file(path)?,
            None => PolicySource::fixed(policy),
        };
        let rule = match &self.project {
            Some(root) => HomeRule::Project(Project::new(root, state_dir)?),
            None if self.is_test => HomeRule::Test,
            None => HomeRule::Nothing,
        };
        Ok(Sources {
            policy,
            rule,
            teaches: self.teaches,
            audit: Trail::default(),
        })
    }
}

impl HostBuilder {
    /// Grants what this policy says, beside what is granted at run time; nothing when no policy is given.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.grants.policy = policy;
        self
    }

    /// Grants what the policy in this file says, instead of one that was given.
    ///
    /// It is read when the host is made, and again at every deployment and for every operation on permissions.
    /// When it cannot be used then, that operation fails with [`Error::Policy`](crate::Error::Policy), and what was
    /// granted before still is.
    /// Only its owner may write to the file.
    pub fn policy_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.grants.file = Some(file.into());
        self
    }

    /// Grants components what they ask for of this project: files in its directory, where `/data` is its `data`, and
    /// addresses of this machine.
    ///
    /// Hidden directories, such as `.git`, and the state directory are not for components.
    /// It is for the author of a project, who is the operator of the components in it.
    pub fn project(mut self, root: impl Into<PathBuf>) -> Self {
        self.grants.project = Some(root.into());
        self
    }

    /// Shows guests what they do not ask for as denied instead of as missing, so that
    /// [`Event::Denied`](crate::Event::Denied) tells what to ask for.
    pub fn learn(mut self, is_wanted: bool) -> Self {
        self.grants.teaches = is_wanted;
        self
    }

    /// Grants what a test may be given, because it says itself what is there.
    pub(crate) fn for_test(mut self) -> Self {
        self.grants.is_test = true;
        self
    }
}

impl Host {
    /// Grants something to a component, deployed or not; it holds for running instances at once, and after a restart.
    /// Granting what was revoked takes that back.
    ///
    /// # Errors
    ///
    /// [`Error::BroadGrant`](crate::Error::BroadGrant), and [`Error::InvalidOptions`](crate::Error::InvalidOptions) for
    /// mounts that say no place.
    pub async fn grant(&self, name: &ComponentName, grant: Grant, options: &GrantOptions) -> Result<PermissionChange> {
        self.begin(|| Recorded::Grant {
            component: name.clone(),
            capability: grant.capability().clone(),
            pattern: shortened(&grant.pattern()),
            source: Source::Operator,
            operator: options.origin.given(),
        })
        .await?;
        self.attempt("grant", Some(name), self.0.deploy.grant(name, grant, options))
            .await
    }

    /// Denies something to a component, whoever grants it, until exactly that is granted again.
    ///
    /// # Errors
    ///
    /// [`Error::Store`](crate::Error::Store), and [`Error::Policy`](crate::Error::Policy) when the policy file was broken
    /// meanwhile.
    pub async fn revoke(&self, name: &ComponentName, grant: Grant, origin: &Origin) -> Result<PermissionChange> {
        self.begin(|| Recorded::Revoke {
            component: name.clone(),
            capability: grant.capability().clone(),
            pattern: shortened(&grant.pattern()),
            operator: origin.given(),
        })
        .await?;
        self.attempt("revoke", Some(name), self.0.deploy.revoke(name, grant, origin))
            .await
    }

    /// What a component may do; without a name, of every component that is deployed or named in a grant.
    ///
    /// # Errors
    ///
    /// Those of [`revoke`](Self::revoke).
    pub async fn permissions(&self, name: Option<&ComponentName>) -> Result<Vec<ComponentPermissions>> {
        self.open()?;
        self.0.deploy.permissions(name).await
    }
}
