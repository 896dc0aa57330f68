//! The single place where an access is allowed or denied.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedMutexGuard, Semaphore, SemaphorePermit, watch};

use super::access::Access;
use super::asked::Asked;
use super::grants::{GrantSet, Granted, Grants, Refusal, Refused};
use super::mount::Mount;
use super::{Capability, Grant};
use crate::audit::{Account, Ledger};
use crate::component::Release;
use crate::event::{Event, Events};
use crate::printable::printable_line;

/// How many different denials of one instance are told for each reason, and how long each may be, in characters.
const MOST_TOLD: usize = 16;
const LONGEST_TOLD: usize = 300;

/// What a release asks for, and what its component is granted: what its instances' gates are made from.
#[derive(Clone, Debug)]
pub(crate) struct Clearance {
    pub(crate) asked: Asked,
    pub(crate) grants: Arc<Grants>,
    /// Whether what is not there is shown to be denied instead, so that its author learns what to ask for.
    pub(crate) teaches: bool,
    /// Where decisions are recorded.
    pub(crate) account: Account,
}

/// Decides on every access of one instance: what is asked for and granted is allowed, all else is denied.
pub(crate) struct Gate {
    clearance: Clearance,
    release: Arc<Release>,
    events: Events,
    /// Where its decisions are recorded.
    ledger: Ledger,
    /// What was told already.
    told: Mutex<Vec<(Refusal, Capability, String)>>,
}

/// An access that was denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Denied;

impl Gate {
    pub(crate) fn new(clearance: Clearance, release: Arc<Release>, events: Events) -> Self {
        Self {
            ledger: clearance.account.instance(),
            clearance,
            release,
            events,
            told: Mutex::default(),
        }
    }

    /// Decides on an access, and records the decision.
    pub(crate) fn check(&self, access: &Access<'_>) -> Result<(), Denied> {
        self.decide(access, |granted| self.ledger.allowed(access, granted))
            .map_err(|refused| self.record(access, refused.refusal, refused.by.as_ref()))
    }

    /// Decides on an access, and records it when it is allowed: for one that may be allowed under another name.
    pub(crate) fn allows(&self, access: &Access<'_>) -> bool {
        self.decide(access, |granted| self.ledger.allowed(access, granted))
            .is_ok()
    }

    /// Decides on an access without recording it: for what is asked about without being wanted.
    pub(crate) fn would_allow(&self, access: &Access<'_>) -> bool {
        self.decide(access, |_| true).is_ok()
    }

    /// Whether a file that may be written may be even when it is a program.
    pub(crate) fn allows_programs(&self, path: &str) -> bool {
        self.clearance.grants.now().allows_programs(path)
    }

    /// Whether an operator has revoked an access, whatever else grants it.
    pub(crate) fn is_revoked(&self, access: &Access<'_>) -> bool {
        self.clearance.grants.now().revocation(access).is_some()
    }

    /// Notes that a file or directory was moved, so that every instance looks again at what it has open.
    pub(crate) fn moved(&self) {
        self.clearance.grants.moved();
    }

    /// Waits until no other component or instance gives names to files or takes them, until the result is dropped.
    pub(crate) async fn naming(&self, is_local: bool) -> OwnedMutexGuard<()> {
        self.clearance.grants.naming(is_local).await
    }

    /// Waits until a large directory may be read; it is until the result is dropped.
    pub(crate) async fn listing(&self) -> Option<[SemaphorePermit<'_>; 2]> {
        self.clearance.grants.listing().await
    }

    /// How many descriptors the component's instances have.
    pub(crate) fn descriptors(&self) -> &Arc<AtomicUsize> {
        self.clearance.grants.descriptors()
    }

    /// One place for each lookup of a name that the component may have under way.
    pub(crate) fn lookups(&self) -> &Arc<Semaphore> {
        self.clearance.grants.lookups()
    }

    fn decide(&self, access: &Access<'_>, record: impl FnOnce(&Granted) -> bool) -> Result<(), Refused> {
        if !self.clearance.asked.fits(access) {
            return Err(Refusal::NotAsked.into());
        }
        self.clearance.grants.decide(access, record)
    }

    /// Records the denial of an access, which an interface has to deny for a reason of its own.
    pub(crate) fn deny(&self, access: &Access<'_>, refusal: Refusal) -> Denied {
        self.record(access, refusal, None)
    }

    fn record(&self, access: &Access<'_>, refusal: Refusal, by: Option<&Grant>) -> Denied {
        self.ledger.denied(access, refusal, by);
        let capability = access.capability();
        // It comes from the guest, so it is cut and made printable.
        let pattern: String = access.pattern().chars().take(LONGEST_TOLD).collect();
        let pattern = printable_line(&pattern);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = |(_, kind, said): &(_, _, _)| *kind != capability || *said != pattern;
        // Each reason by itself, so that noise for one hides none that is denied for another.
        let alike = || told.iter().filter(|(reason, _, _)| *reason == refusal);
        if alike().all(is_new) && alike().count() < MOST_TOLD {
            told.push((refusal, capability.clone(), pattern.clone()));
            drop(told);
            self.events.emit(Event::Denied {
                component: self.release.name.clone(),
                version: self.release.version.clone(),
                capability,
                pattern,
                refusal,
            });
        }
        Denied
    }

    /// Records that its instance is discarded, and why.
    pub(crate) fn discarded(&self, code: &'static str) {
        self.ledger.discarded(code);
    }

    /// Tells that a directory is granted and not there.
    pub(crate) fn miss(&self, mount: &Mount) {
        self.events.emit(Event::MountMissing {
            component: self.release.name.clone(),
            directory: mount.guest.clone(),
            host: mount.host.clone(),
        });
    }

    /// What the release asks for.
    pub(crate) fn asked(&self) -> &[Grant] {
        &self.clearance.asked
    }

    /// Whether the guest is shown an empty directory where it has none.
    pub(crate) fn teaches(&self) -> bool {
        self.clearance.teaches
    }

    /// What its component is granted now.
    pub(crate) fn granted(&self) -> Arc<GrantSet> {
        self.clearance.grants.now()
    }

    /// One place for each command that the component may run at the same time.
    pub(crate) fn commands(&self) -> &Semaphore {
        self.clearance.grants.commands()
    }

    /// A number that changes with each change of what is granted: who holds a handle checks again when it has.
    pub(crate) fn revision(&self) -> u64 {
        self.clearance.grants.revision()
    }

    /// Wakes when what is granted changes: for who waits on an open handle.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.clearance.grants.watch()
    }
}
