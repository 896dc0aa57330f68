//! Requests about what components may do.

use super::{Client, Request, Response};
use crate::capability::Grant;
use crate::component::ComponentName;
use crate::deploy::{ComponentPermissions, GrantOptions, Origin, PermissionChange};
use crate::error::Result;

impl Client {
    /// [`Host::grant`](crate::Host::grant).
    ///
    /// # Errors
    ///
    /// Those of [`Host::grant`](crate::Host::grant).
    pub async fn grant(&self, name: &ComponentName, grant: &Grant, options: &GrantOptions) -> Result<PermissionChange> {
        let request = Request::Grant {
            name: name.clone(),
            capability: grant.capability().clone(),
            pattern: grant.pattern(),
            options: options.clone(),
        };
        expect!(self, request, Vec::new(), Permission)
    }

    /// [`Host::revoke`](crate::Host::revoke).
    ///
    /// # Errors
    ///
    /// Those of [`Host::revoke`](crate::Host::revoke).
    pub async fn revoke(&self, name: &ComponentName, grant: &Grant, origin: &Origin) -> Result<PermissionChange> {
        let request = Request::Revoke {
            name: name.clone(),
            capability: grant.capability().clone(),
            pattern: grant.pattern(),
            origin: origin.clone(),
        };
        expect!(self, request, Vec::new(), Permission)
    }

    /// [`Host::permissions`](crate::Host::permissions).
    ///
    /// # Errors
    ///
    /// Those of [`Host::permissions`](crate::Host::permissions).
    pub async fn permissions(&self, name: Option<&ComponentName>) -> Result<Vec<ComponentPermissions>> {
        let name = name.cloned();
        expect!(self, Request::Permissions { name }, Vec::new(), Permissions)
    }
}
