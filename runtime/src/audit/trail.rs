//! The way into the log: a bounded queue before the one thread that writes.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::account::{self, Account};
use super::checkpoint::Checkpoint;
use super::day::Day;
use super::entry::{Given, Recorded, Subject};
use super::key::PublicKey;
use super::log::Anchor;
use super::status::{AuditHead, AuditState, AuditStatus};
use super::writer::Writer;
use crate::capability::PolicyAudit;
use crate::component::ComponentName;
use crate::error::Error;
use crate::event::{Event, Events};

/// How many entries may wait to be written.
const WAITING: usize = 4_096;

/// What happens when no more can be recorded: the queue is full, or the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum WhenFull {
    /// Go on, count what is lost, and record the number as soon as that is possible.
    #[default]
    Count,
    /// Deny every access, and refuse calls and operations, until it can be recorded again.
    Stop,
}

/// How large things are, and how long they take; tests make them smaller.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Tuning {
    /// How long counts and checkpoints wait.
    pub interval: Duration,
    /// After how many entries a checkpoint does not wait.
    pub checkpoint_every: u64,
    /// The bytes after which a new file begins.
    pub file_bytes: u64,
    /// How long it waits before it tries again to write.
    pub pause: Duration,
    /// Whether the disk is full.
    pub is_full: Arc<AtomicBool>,
    /// Whether the disk fails in the middle of a write, and does nothing more.
    pub fails_halfway: Arc<AtomicBool>,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(10),
            checkpoint_every: 1_000,
            file_bytes: 16 << 20,
            pause: Duration::from_millis(100),
            is_full: Arc::default(),
            fails_halfway: Arc::default(),
        }
    }
}

impl Tuning {
    pub(super) fn fault(&self) -> io::Result<()> {
        match self.is_full.load(Ordering::Acquire) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }

    /// Writes to a file of the log.
    pub(super) fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        if !self.fails_halfway.load(Ordering::Acquire) {
            return file.write_all(bytes);
        }
        file.write_all(&bytes[..bytes.len() / 2])?;
        Err(io::Error::other("the disk has failed"))
    }

    /// Removes what is beyond so many bytes of a file of the log.
    pub(super) fn cut(&self, file: &File, bytes: u64) -> io::Result<()> {
        match self.fails_halfway.load(Ordering::Acquire) {
            true => Err(io::Error::other("the disk has failed")),
            false => file.set_len(bytes),
        }
    }
}

/// What is needed to open a log.
pub(crate) struct Opening {
    pub(crate) state_dir: PathBuf,
    /// The file of the key of the cache: that of the log is beside it.
    pub(crate) cache_key: PathBuf,
    /// What is known of the log elsewhere.
    pub(crate) recorded: Option<AuditHead>,
    pub(crate) anchor: Anchor,
    pub(crate) policy: PolicyAudit,
    pub(crate) tuning: Tuning,
}

/// The record of one host; clones share it. The default one keeps nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail(Option<Arc<Shared>>);

/// What the writer and those who tell it things share.
#[derive(Debug)]
pub(super) struct Shared {
    queue: SyncSender<Queued>,
    /// Whether the policy says to stop when nothing can be recorded.
    stops: AtomicBool,
    /// Whether nothing can be recorded.
    pub(super) is_failing: AtomicBool,
    pub(super) is_closing: AtomicBool,
    /// Entries that were lost, and of which no entry says so yet.
    pub(super) lost: AtomicU64,
    pub(super) lost_ever: AtomicU64,
    instances: AtomicU64,
    /// The files that are kept and 1, or 0 when all are.
    pub(super) keep_files: AtomicU64,
    accounts: Mutex<Vec<Arc<account::Inner>>>,
    days: Mutex<HashMap<ComponentName, Arc<Day>>>,
    pub(super) head: Mutex<Option<AuditHead>>,
    pub(super) reason: Mutex<Option<String>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the writer is told.
#[derive(Debug)]
pub(super) enum Queued {
    Entry(DateTime<Utc>, Recorded),
    /// It is written when the answer comes.
    Confirmed(DateTime<Utc>, Recorded, oneshot::Sender<bool>),
    Checkpoint(oneshot::Sender<io::Result<Checkpoint>>),
    Rotate(Given, oneshot::Sender<io::Result<PublicKey>>),
    Close,
    /// There is something to look at.
    Wake,
}

impl Trail {
    /// Opens the log in a state directory, and begins to write.
    ///
    /// # Errors
    ///
    /// [`Error::AuditUnavailable`] when it cannot be opened and the policy says to stop then.
    pub(crate) fn open(opening: Opening, events: Events) -> Result<Self, Error> {
        let (queue, queued) = mpsc::sync_channel(WAITING);
        let shared = Arc::new(Shared {
            queue,
            stops: AtomicBool::new(opening.policy.when_full == WhenFull::Stop),
            is_failing: AtomicBool::new(false),
            is_closing: AtomicBool::new(false),
            lost: AtomicU64::new(0),
            lost_ever: AtomicU64::new(0),
            instances: AtomicU64::new(0),
            keep_files: AtomicU64::new(encode_keep(opening.policy.keep_files)),
            accounts: Mutex::default(),
            days: Mutex::default(),
            head: Mutex::default(),
            reason: Mutex::default(),
            thread: Mutex::default(),
        });
        let trail = Self(Some(shared.clone()));
        let writer = Writer::new(opening, Arc::downgrade(&shared), queued, events);
        if shared.is_stopped() {
            return Err(trail.unavailable());
        }
        let thread = std::thread::Builder::new().name("audit".into());
        let thread = thread.spawn(move || writer.run());
        let thread = thread.map_err(|error| Error::store("starting the thread that writes the audit log", error))?;
        *lock(&shared.thread) = Some(thread);
        Ok(trail)
    }

    /// Records something, without waiting; false when there is no room for it.
    pub(crate) fn record(&self, recorded: Recorded) -> bool {
        let Some(shared) = &self.0 else { return true };
        match shared.queue.try_send(Queued::Entry(Utc::now(), recorded)) {
            Ok(()) => true,
            Err(_) => {
                shared.overflow();
                false
            }
        }
    }

    /// Records something that an operator does, before it is done; it is written when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::AuditUnavailable`] when it cannot be written, and the policy says to stop then.
    pub(crate) async fn confirm(&self, recorded: Recorded) -> Result<(), Error> {
        let Some(shared) = &self.0 else { return Ok(()) };
        self.ready()?;
        if shared.is_failing.load(Ordering::Acquire) {
            // Nobody waits for a disk that is full; what waits is written when it is not any more.
            self.record(recorded);
            return Ok(());
        }
        let (done, is_done) = oneshot::channel();
        if shared
            .queue
            .try_send(Queued::Confirmed(Utc::now(), recorded, done))
            .is_err()
        {
            shared.overflow();
            return self.ready();
        }
        match is_done.await {
            Ok(true) => Ok(()),
            _ => self.ready(),
        }
    }

    /// Whether what has to be recorded can be, or may be done without.
    ///
    /// # Errors
    ///
    /// [`Error::AuditUnavailable`] when nothing can be recorded, and the policy says to stop then.
    pub(crate) fn ready(&self) -> Result<(), Error> {
        match &self.0 {
            Some(shared) if shared.is_stopped() => Err(self.unavailable()),
            _ => Ok(()),
        }
    }

    /// Whether accesses are denied, because they cannot be recorded; one that is, is counted.
    pub(super) fn denies(&self) -> bool {
        let Some(shared) = self.0.as_ref().filter(|shared| shared.is_stopped()) else {
            return false;
        };
        shared.lose(1);
        true
    }

    fn unavailable(&self) -> Error {
        let reason = self.0.as_ref().and_then(|shared| lock(&shared.reason).clone());
        Error::AuditUnavailable {
            reason: reason.unwrap_or_else(|| "more happens than can be written".into()),
        }
    }

    /// Has the policy of the operator hold from now on.
    pub(crate) fn obey(&self, policy: &PolicyAudit) {
        let PolicyAudit { when_full, keep_files } = *policy;
        if let Some(shared) = &self.0 {
            shared.stops.store(when_full == WhenFull::Stop, Ordering::Release);
            shared.keep_files.store(encode_keep(keep_files), Ordering::Release);
        }
    }

    /// Takes what is to be recorded of an event.
    pub(crate) fn event(&self, event: &Event) {
        if self.0.is_some()
            && let Some(recorded) = Recorded::of_event(event)
        {
            self.record(recorded);
        }
    }

    /// What the instances of a release tell what they do to.
    pub(crate) fn account(&self, subject: impl FnOnce() -> Subject) -> Account {
        let Some(shared) = &self.0 else {
            return Account::default();
        };
        let subject = subject();
        let day = lock(&shared.days).entry(subject.component.clone()).or_default().clone();
        let account = Arc::new(account::Inner::new(self.clone(), subject, day));
        lock(&shared.accounts).push(account.clone());
        Account::of(account)
    }

    /// The number of a new instance.
    pub(super) fn next_instance(&self) -> u64 {
        let shared = self.0.as_ref();
        shared.map_or(0, |shared| shared.instances.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// How it is doing.
    pub(crate) fn status(&self) -> AuditStatus {
        let Some(shared) = &self.0 else {
            return AuditStatus::default();
        };
        let is_failing = shared.is_failing.load(Ordering::Acquire);
        AuditStatus {
            state: match (is_failing, shared.stops.load(Ordering::Acquire)) {
                (false, _) => AuditState::Recording,
                (true, false) => AuditState::Counting,
                (true, true) => AuditState::Stopped,
            },
            head: lock(&shared.head).clone(),
            lost: shared.lost_ever.load(Ordering::Acquire),
            reason: lock(&shared.reason).clone().filter(|_| is_failing),
        }
    }

    /// Signs what there is; it is on disk when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::AuditUnavailable`] when it cannot be written.
    pub(crate) async fn checkpoint(&self) -> Result<Checkpoint, Error> {
        self.ask(Queued::Checkpoint).await
    }

    /// Replaces the key that signs.
    ///
    /// # Errors
    ///
    /// [`Error::AuditUnavailable`] when it cannot be written.
    pub(crate) async fn rotate_key(&self, operator: Given) -> Result<PublicKey, Error> {
        self.ask(|answer| Queued::Rotate(operator, answer)).await
    }

    async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<io::Result<T>>) -> Queued) -> Result<T, Error> {
        let unavailable = |reason: String| Error::AuditUnavailable { reason };
        let Some(shared) = &self.0 else {
            return Err(unavailable("a temporary host keeps no audit log".into()));
        };
        if shared.is_failing.load(Ordering::Acquire) {
            return Err(self.unavailable());
        }
        let (answer, answered) = oneshot::channel();
        if shared.queue.try_send(question(answer)).is_err() {
            return Err(unavailable("more happens than can be written".into()));
        }
        match answered.await {
            Ok(done) => done.map_err(|error| unavailable(error.to_string())),
            Err(_) => Err(unavailable("the host is shut down".into())),
        }
    }

    /// Writes all that there is, with a last checkpoint, and ends; blocks for as long.
    pub(crate) fn close(&self) {
        let Some(shared) = &self.0 else { return };
        let Some(thread) = lock(&shared.thread).take() else {
            return;
        };
        shared.is_closing.store(true, Ordering::Release);
        // A writer that has ended already needs no word of it.
        let _ = shared.queue.send(Queued::Close);
        let _ = thread.join();
        lock(&shared.accounts).clear();
    }
}

impl Shared {
    pub(super) fn is_stopped(&self) -> bool {
        self.is_failing.load(Ordering::Acquire) && self.stops.load(Ordering::Acquire)
    }

    /// Notes that there was no room for an entry.
    fn overflow(&self) {
        self.lose(1);
        self.is_failing.store(true, Ordering::Release);
        // The writer may have made room meanwhile, and wait: it has to see that it is asked to record the loss.
        let _ = self.queue.try_send(Queued::Wake);
    }

    pub(super) fn lose(&self, entries: u64) {
        self.lost.fetch_add(entries, Ordering::AcqRel);
        self.lost_ever.fetch_add(entries, Ordering::AcqRel);
    }

    /// What was counted since this was last asked; accounts that nobody has any more go.
    pub(super) fn counted(&self, is_end: bool) -> Vec<Recorded> {
        let mut accounts = lock(&self.accounts);
        let now = Instant::now();
        let counted = accounts.iter().flat_map(|account| account.counted(now, is_end));
        let counted = counted.collect();
        accounts.retain(|account| Arc::strong_count(account) > 1 || account.has_tallies());
        counted
    }

    pub(super) fn keeps(&self) -> Option<u32> {
        let kept = self.keep_files.load(Ordering::Acquire).checked_sub(1)?;
        u32::try_from(kept).ok()
    }
}

fn encode_keep(keep_files: Option<u32>) -> u64 {
    keep_files.map_or(0, |files| u64::from(files) + 1)
}

/// What is behind these locks is replaced as a whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
