//! Requests about the audit log.

use super::{Client, Request, Response};
use crate::audit::{AuditStatus, Checkpoint, PublicKey};
use crate::deploy::Origin;
use crate::error::Result;

impl Client {
    /// [`Host::audit`](crate::Host::audit).
    ///
    /// # Errors
    ///
    /// None from a host in this process.
    pub async fn audit(&self) -> Result<AuditStatus> {
        expect!(self, Request::Audit, Vec::new(), Audit)
    }

    /// [`Host::audit_checkpoint`](crate::Host::audit_checkpoint).
    ///
    /// # Errors
    ///
    /// Those of [`Host::audit_checkpoint`](crate::Host::audit_checkpoint).
    pub async fn audit_checkpoint(&self) -> Result<Checkpoint> {
        expect!(self, Request::AuditCheckpoint, Vec::new(), Checkpoint)
    }

    /// [`Host::rotate_audit_key`](crate::Host::rotate_audit_key).
    ///
    /// # Errors
    ///
    /// Those of [`Host::rotate_audit_key`](crate::Host::rotate_audit_key).
    pub async fn rotate_audit_key(&self, origin: &Origin) -> Result<PublicKey> {
        let origin = origin.clone();
        expect!(self, Request::RotateAuditKey { origin }, Vec::new(), AuditKey)
    }
}
