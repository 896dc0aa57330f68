//! The record of a host: where it is kept, and what is asked about it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Host, HostBuilder};
use crate::audit::{AuditHead, AuditStatus, Checkpoint, Opening, PublicKey, Recorded, Trail, Tuning, shortened};
use crate::component::ComponentName;
use crate::deploy::{Origin, PolicySource, blocking};
use crate::error::{Error, Result};
use crate::event::Events;
use crate::store::{Batch, Store, Table};

/// The key under which the store knows how far the log is.
const HEAD: &str = "audit-head";

/// The version of that record.
const SCHEMA: u32 = 1;

/// How far the log is, as the store knows it.
#[derive(Serialize, Deserialize)]
struct Kept {
    schema: u32,
    #[serde(flatten)]
    head: AuditHead,
}

/// The record of one host, which is whole when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Recording(Trail);

impl Recording {
    /// Opens the log in the state directory, under the policy in force.
    pub(super) fn open(
        store: &Arc<Store>,
        cache_key: &Path,
        policy: &PolicySource,
        tuning: Tuning,
        events: &Events,
    ) -> Result<Self> {
        let anchored = store.clone();
        let anchor = move |head: &AuditHead| {
            let (schema, head) = (SCHEMA, head.clone());
            let record = serde_json::to_vec(&Kept { schema, head })?;
            let batch = Batch::default().put(Table::Directory, HEAD, record);
            anchored.commit(batch).map_err(io::Error::other)
        };
        let opening = Opening {
            state_dir: store.directory().to_owned(),
            cache_key: cache_key.to_owned(),
            recorded: kept(store)?,
            anchor: Arc::new(anchor),
            policy: policy.policy().audit.clone(),
            tuning,
        };
        let trail = Trail::open(opening, events.clone())?;
        trail.record(policy.loaded());
        Ok(Self(trail))
    }

    pub(super) fn trail(&self) -> &Trail {
        &self.0
    }
}

impl Drop for Recording {
    /// The directory is free for others afterwards, so that nothing may be written any more.
    fn drop(&mut self) {
        self.0.close();
    }
}

fn kept(store: &Store) -> Result<Option<AuditHead>> {
    let damaged = |reason: String| Error::Damaged {
        what: format!("what is known of the audit log {reason}"),
    };
    let Some(record) = store.read(Table::Directory, HEAD)? else {
        return Ok(None);
    };
    let kept: Kept = serde_json::from_slice(&record).map_err(|error| damaged(format!("cannot be read: {error}")))?;
    match kept.schema > SCHEMA {
        true => Err(damaged("was written by a newer version of airssys-wasm".into())),
        // One without a signature is not what a host has recorded, and is not to be taken for what one says of itself.
        false => Ok(Some(AuditHead {
            signature: Some(kept.head.signature.unwrap_or_default()),
            ..kept.head
        })),
    }
}

impl HostBuilder {
    /// Makes the audit log smaller and its disk full, for tests.
    #[doc(hidden)]
    pub fn audit_tuning(mut self, tuning: Tuning) -> Self {
        self.audit = tuning;
        self
    }
}

impl Host {
    /// How the audit log is doing.
    pub fn audit(&self) -> AuditStatus {
        self.0.audit.trail().status()
    }

    /// Signs what is in the audit log, and says what was signed; it is on disk when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::AuditUnavailable`] when it cannot be written, and on a temporary host, which keeps no log.
    pub async fn audit_checkpoint(&self) -> Result<Checkpoint> {
        self.open()?;
        self.0.audit.trail().checkpoint().await
    }

    /// Replaces the key that signs the audit log; the old one signs that.
    ///
    /// # Errors
    ///
    /// Those of [`audit_checkpoint`](Self::audit_checkpoint).
    pub async fn rotate_audit_key(&self, origin: &Origin) -> Result<PublicKey> {
        self.open()?;
        self.0.audit.trail().rotate_key(origin.given()).await
    }

    /// What the store of a state directory without a host knows of its audit log: how long it was at least.
    /// A host itself says it by [`Host::audit`].
    ///
    /// # Errors
    ///
    /// [`Error::StateInUse`] when a host owns the directory, [`Error::Store`] and [`Error::Damaged`].
    pub async fn recorded_audit(state_dir: &Path) -> Result<Option<AuditHead>> {
        let state_dir = state_dir.to_owned();
        blocking(move || kept(&Store::open(&state_dir)?)).await
    }

    /// Writes as many entries as it is told, a thousand at a time, and waits until they are on disk.
    /// Only the benchmark of this crate needs it.
    #[doc(hidden)]
    pub async fn record_often(&self, times: usize) -> Result<()> {
        let trail = self.0.audit.trail();
        let entry = || Recorded::Lost { entries: 0 };
        for number in 1..=times {
            if number % 1_000 == 0 || number == times {
                trail.confirm(entry()).await?;
            } else {
                trail.record(entry());
            }
        }
        Ok(())
    }

    /// Whether it takes calls and operations.
    pub(super) fn ready(&self) -> Result<()> {
        self.open()?;
        self.0.audit.trail().ready()
    }

    /// Records what an operator wants, before it is done.
    pub(crate) async fn begin(&self, recorded: impl FnOnce() -> Recorded) -> Result<()> {
        self.ready()?;
        self.0.audit.trail().confirm(recorded()).await
    }

    /// Does what an operator wants, and records when it is refused.
    pub(super) async fn attempt<T>(
        &self,
        operation: &'static str,
        component: Option<&ComponentName>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let done = work.await;
        // A deployment that has begun has its outcome recorded where that is decided.
        if let Err(error) = &done
            && !matches!(error, Error::Deployment { .. } | Error::AuditUnavailable { .. })
        {
            self.0.audit.trail().record(Recorded::OperationFailed {
                operation: operation.into(),
                component: component.cloned(),
                code: error.code().as_str().into(),
                reason: shortened(&error.to_string()),
            });
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::audit::{Expected, Verification, key_files, verify};

    /// What verifying says of a state directory without a host.
    async fn verified(state: &Path, origin: &str) -> Verification {
        let recorded = Host::recorded_audit(state).await.unwrap();
        let key = PublicKey::read(&key_files(&state.join("cache.key"), origin).1).unwrap();
        let expected = Expected {
            key: Some(key),
            recorded,
            is_recorded: true,
            checkpoint: None,
        };
        verify(state, &expected).unwrap()
    }

    async fn open(state: &Path) -> Host {
        let key = state.join("cache.key");
        Host::builder()
            .state_dir(state)
            .cache_key_file(key)
            .build()
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn what_the_store_knows_of_a_log_is_by_its_key() {
        let put = |head: AuditHead| {
            let record = serde_json::to_vec(&Kept { schema: SCHEMA, head }).unwrap();
            Batch::default().put(Table::Directory, HEAD, record)
        };
        let changes: [(&str, &dyn Fn(AuditHead) -> Batch); 3] = [
            ("as a host of the earlier entries", &put),
            ("without a signature", &|head| {
                put(AuditHead {
                    signature: None,
                    ..head
                })
            }),
            ("nothing", &|_| Batch::default().delete(Table::Directory, HEAD)),
        ];
        for (what, change) in changes {
            let folder = tempfile::tempdir().unwrap();
            let state = folder.path().join("state");
            let host = open(&state).await;
            let earlier = host.audit_checkpoint().await.unwrap();
            host.record_often(3).await.unwrap();
            host.audit_checkpoint().await.unwrap();
            host.shutdown().await.unwrap();
            drop(host);
            let origin = earlier.origin.clone();
            assert!(verified(&state, &origin).await.is_intact());
            // The entries up to the checkpoint, and that itself.
            let log = state.join("audit/00000000000000000001.jsonl");
            let text = fs::read_to_string(&log).unwrap();
            let kept: Vec<&str> = text.split_inclusive('\n').take(earlier.size as usize + 1).collect();
            fs::write(&log, kept.concat()).unwrap();
            let store = Store::open(&state).unwrap();
            let mut head = super::kept(&store).unwrap().unwrap();
            head.size = earlier.size + 1;
            head.root = verify(&state, &Expected::default()).unwrap().root;
            store.commit(change(head)).unwrap();
            drop(store);
            let found = verified(&state, &origin).await;
            assert!(!found.is_intact(), "{what}");
            // A host that goes on says so for good.
            let host = open(&state).await;
            host.audit_checkpoint().await.unwrap();
            host.shutdown().await.unwrap();
            drop(host);
            let found = verified(&state, &origin).await;
            assert!(
                found
                    .problems
                    .iter()
                    .any(|problem| problem.what.contains("found another log")),
                "{what}: {found:?}"
            );
        }
    }
}
