//! What one component is granted now, and how that changes while it runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore, SemaphorePermit, watch};

use super::access::Access;
use super::index::Indexed;
use super::kept::{HeldMount, Kept};
use super::mount::Mount;
use super::path::below;
use super::{Capability, Grant, SystemCall};

/// The most commands of a component that run at the same time.
pub(crate) const MAX_COMMANDS: usize = 8;

/// The most names of a component that are looked up at the same time: each takes a thread for as long as this machine
/// asks for it, and there are few for all components together.
const MAX_LOOKUPS: usize = 16;

/// The most large directories that all components read at the same time; one of them has one.
const MAX_LISTINGS: usize = 4;

/// Who has given a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Source {
    /// The operator's policy file.
    Policy,
    /// An operator, while the host ran.
    Operator,
    /// The rule that a project's own components reach what is in the project, and this machine.
    Project,
}

/// A grant that is in force.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    pub(crate) grant: Grant,
    pub(crate) source: Source,
    /// How many accesses it has allowed since the host was opened.
    pub(crate) uses: Arc<AtomicU64>,
    /// Whether what is hidden, and writing what tools take by themselves, is not for it.
    pub(super) spares_tools: bool,
}

impl Granted {
    fn allows(&self, access: &Access<'_>) -> bool {
        self.grant.fits(access) && !(self.spares_tools && access.concerns_tools())
    }
}

/// All that a component is granted at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct GrantSet {
    /// A row for each kind of capability.
    rows: [Row; Capability::ROWS],
    pub(crate) mounts: Vec<Mount>,
    /// The commands that the operator has defined, whether granted or not.
    pub(crate) system_calls: BTreeMap<String, SystemCall>,
    /// The files that the policy has the host run or believe, and the mounts that they are in.
    pub(crate) kept: Arc<[Kept]>,
    pub(crate) held: Vec<HeldMount>,
}

#[derive(Clone, Debug, Default)]
struct Row {
    granted: Indexed<Granted>,
    /// Whether one of them spares what tools take.
    spares_tools: bool,
    revoked: Indexed<Grant>,
}

/// What decided that an access is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Refusal {
    /// The component does not ask for it.
    NotAsked,
    /// The component asks for it, and nobody has granted it.
    NotGranted,
    /// An operator has revoked it.
    Revoked,
    /// It is granted, and what it leads to is not: a link out of the directory, or a name with an address of this machine.
    LeadsElsewhere,
    /// It is granted, and cannot be recorded, and the policy says to stop then.
    Unrecorded,
}

/// Why an access is denied.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) refusal: Refusal,
    /// The revocation that has decided.
    pub(super) by: Option<Grant>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, by: None }
    }
}

impl GrantSet {
    pub(crate) fn grant(&mut self, grant: Grant, source: Source) {
        self.add(grant, source, false);
    }

    /// The same but for what belongs to tools: nothing hidden is read, and nothing written that they build or run.
    pub(crate) fn grant_sparing_tools(&mut self, grant: Grant, source: Source) {
        self.add(grant, source, true);
    }

    fn add(&mut self, grant: Grant, source: Source, spares_tools: bool) {
        let row = &mut self.rows[grant.capability().row()];
        let (beginning, ending) = (grant.beginning(), grant.ending());
        let granted = Granted {
            grant,
            source,
            uses: Arc::default(),
            spares_tools,
        };
        row.granted.push(granted, beginning, &ending);
        row.spares_tools |= spares_tools;
    }

    /// Denies what `grant` is for, whatever else is granted.
    pub(crate) fn revoke(&mut self, grant: Grant) {
        let (beginning, ending) = (grant.beginning(), grant.ending());
        self.rows[grant.capability().row()]
            .revoked
            .push(grant, beginning, &ending);
    }

    /// What was revoked that an access is for.
    pub(super) fn revocation(&self, access: &Access<'_>) -> Option<&Grant> {
        let beginning = access.beginning();
        let mut revoked = self.rows[access.row()].revoked.around(beginning.as_ref());
        revoked.find(|revoked| revoked.fits(access))
    }

    /// Every grant in force, by capability.
    pub(crate) fn granted(&self) -> impl Iterator<Item = &Granted> {
        self.rows.iter().flat_map(|row| row.granted.iter())
    }

    /// Everything that is revoked, by capability.
    pub(crate) fn revoked(&self) -> impl Iterator<Item = &Grant> {
        self.rows.iter().flat_map(|row| row.revoked.iter())
    }

    /// Whether programs at a path may be written: no grant that spares what tools take is for them.
    pub(super) fn allows_programs(&self, path: &str) -> bool {
        let access = Access::FileWrite(path);
        let row = &self.rows[access.row()];
        if !row.spares_tools {
            return true;
        }
        let beginning = access.beginning();
        let mut around = row.granted.around(beginning.as_ref());
        around.any(|granted| !granted.spares_tools && granted.grant.fits(&access))
    }

    /// Whether all that `asked` is for is granted, and nothing of it is revoked as a whole.
    pub(crate) fn covers(&self, asked: &Grant) -> bool {
        let row = &self.rows[asked.capability().row()];
        row.granted.iter().any(|granted| granted.grant.covers(asked)) && !self.is_revoked(asked)
    }

    /// Whether all that `asked` is for is revoked.
    pub(crate) fn is_revoked(&self, asked: &Grant) -> bool {
        let row = &self.rows[asked.capability().row()];
        row.revoked.iter().any(|revoked| revoked.covers(asked))
    }

    /// Where a guest path is on this machine: the mount that it is in, and the rest of the path.
    pub(crate) fn mount_of<'a>(&self, path: &'a str) -> Option<(&Mount, &'a str)> {
        let within = self
            .mounts
            .iter()
            .filter_map(|mount| Some((mount, below(path, &mount.guest)?)));
        // Of two for one path the first counts, so that no later one leads elsewhere what was granted before.
        within.reduce(|first, next| {
            if next.0.guest.len() > first.0.guest.len() {
                next
            } else {
                first
            }
        })
    }

    /// The grant that allows an access; of several the narrowest, by how much of their beginning is given.
    fn decide(&self, access: &Access<'_>) -> Result<&Granted, Refused> {
        let row = &self.rows[access.row()];
        let beginning = access.beginning();
        let mut fitting = row
            .granted
            .around(beginning.as_ref())
            .filter(|granted| granted.allows(access));
        // A name is looked up for whatever is left of it; what is revoked of this name is no reason for it.
        if let Access::LookUp(name) = access {
            let taken = |granted: &Granted| row.revoked.iter().find(|own| own.covers_at(name, &granted.grant));
            let mut fitting = fitting.peekable();
            let first = *fitting.peek().ok_or(Refusal::NotGranted)?;
            return fitting.find(|granted| taken(granted).is_none()).ok_or_else(|| Refused {
                refusal: Refusal::Revoked,
                by: taken(first).cloned(),
            });
        }
        if let Some(revoked) = self.revocation(access) {
            return Err(Refused {
                refusal: Refusal::Revoked,
                by: Some(revoked.clone()),
            });
        }
        let granted = fitting.next().ok_or(Refusal::NotGranted)?;
        match access {
            Access::FileWrite(path) if self.is_held(path) => Err(Refusal::LeadsElsewhere.into()),
            _ => Ok(granted),
        }
    }

    /// Keeps the counts of what was granted before.
    fn keep_counts(&mut self, before: &Self) {
        for granted in self.rows.iter_mut().flat_map(|row| row.granted.iter_mut()) {
            let same = before
                .granted()
                .find(|old| old.grant == granted.grant && old.source == granted.source);
            if let Some(old) = same {
                granted.uses = old.uses.clone();
            }
        }
    }
}

/// What a component is granted, shared by all its instances: it changes while they run.
#[derive(Debug)]
pub(crate) struct Grants {
    now: ArcSwap<GrantSet>,
    /// Grows with each change, and wakes what waits for one.
    revision: watch::Sender<u64>,
    /// The same number, for a reader who does not wait.
    latest: AtomicU64,
    /// How often a component of the host has moved a file or directory.
    common: Arc<CommonFiles>,
    /// The commands of the component that may still be started.
    commands: Semaphore,
    /// The lookups that it may still begin, and the descriptors that its instances have.
    lookups: Arc<Semaphore>,
    descriptors: Arc<AtomicUsize>,
    listing: Semaphore,
}

/// What all components of a host have in common of its files.
#[derive(Debug)]
pub(crate) struct CommonFiles {
    /// How many files and directories were given other names: two components may have the same open.
    moves: AtomicU64,
    /// Held by whoever changes names: what is looked at before has to hold while it is done, whatever another instance
    /// does. Those on file systems that are answered over a network do not keep others waiting.
    local: Arc<Mutex<()>>,
    remote: Arc<Mutex<()>>,
    /// The large directories that may still be read at the same time: each takes a thread for as long as that takes.
    listings: Semaphore,
}

impl Default for CommonFiles {
    fn default() -> Self {
        Self {
            moves: AtomicU64::new(0),
            local: Arc::default(),
            remote: Arc::default(),
            listings: Semaphore::new(MAX_LISTINGS),
        }
    }
}

impl Grants {
    /// What a component is granted that shares no directory with others.
    pub(crate) fn new(set: GrantSet) -> Self {
        Self::among(set, Arc::default())
    }

    /// What one of the components is granted whose moves are counted together.
    pub(crate) fn among(set: GrantSet, common: Arc<CommonFiles>) -> Self {
        Self {
            common,
            now: ArcSwap::from_pointee(set),
            revision: watch::Sender::new(0),
            latest: AtomicU64::new(0),
            commands: Semaphore::new(MAX_COMMANDS),
            lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)),
            descriptors: Arc::default(),
            listing: Semaphore::new(1),
        }
    }

    pub(super) fn lookups(&self) -> &Arc<Semaphore> {
        &self.lookups
    }

    pub(super) fn descriptors(&self) -> &Arc<AtomicUsize> {
        &self.descriptors
    }

    /// One place for each command that the component may run at the same time.
    pub(super) fn commands(&self) -> &Semaphore {
        &self.commands
    }

    /// What is granted now.
    pub(crate) fn now(&self) -> Arc<GrantSet> {
        self.now.load_full()
    }

    /// Replaces what is granted; holds for the next access of every instance, and wakes what waits on an open handle.
    pub(crate) fn replace(&self, mut set: GrantSet) {
        set.keep_counts(&self.now.load());
        self.now.store(Arc::new(set));
        self.latest.fetch_add(1, Ordering::Release);
        self.wake();
    }

    /// Has every instance of every component decide again on what it has open, and wakes those that wait of this one.
    pub(super) fn moved(&self) {
        self.common.moves.fetch_add(1, Ordering::Release);
        self.wake();
    }

    /// The right to read a large directory, until it is dropped; none when there are no more.
    pub(super) async fn listing(&self) -> Option<[SemaphorePermit<'_>; 2]> {
        let own = self.listing.acquire().await.ok()?;
        Some([own, self.common.listings.acquire().await.ok()?])
    }

    /// The right to change names of files, until it is dropped.
    pub(super) async fn naming(&self, is_local: bool) -> OwnedMutexGuard<()> {
        let names = if is_local {
            &self.common.local
        } else {
            &self.common.remote
        };
        names.clone().lock_owned().await
    }

    fn wake(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }

    /// Whether an access that is asked for is granted, by a grant whose use is recorded by `record`.
    pub(super) fn decide(&self, access: &Access<'_>, record: impl FnOnce(&Granted) -> bool) -> Result<(), Refused> {
        let now = self.now.load();
        let granted = now.decide(access)?;
        if !record(granted) {
            return Err(Refusal::Unrecorded.into());
        }
        granted.uses.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Changes with each change of what is granted, and with each move.
    pub(super) fn revision(&self) -> u64 {
        let moves = self.common.moves.load(Ordering::Acquire);
        self.latest.load(Ordering::Acquire).wrapping_add(moves)
    }

    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::host_name::HostName;

    fn set(granted: &[&str], revoked: &[&str]) -> GrantSet {
        let grant = |pattern: &&str| Grant::parse(Capability::NetworkOutbound, pattern).unwrap();
        let mut set = GrantSet::default();
        granted
            .iter()
            .map(grant)
            .for_each(|grant| set.grant(grant, Source::Policy));
        revoked.iter().map(grant).for_each(|grant| set.revoke(grant));
        set
    }

    #[test]
    fn a_name_of_which_all_is_revoked_is_not_looked_up() {
        let granted = &["tcp://*.example.com:80", "https://*.example.com"];
        let check = |revoked: &[&str], name: &str, expected: Result<(), Refusal>| {
            let name = HostName::parse(name).unwrap();
            let set = set(granted, revoked);
            let decided = set.decide(&Access::LookUp(&name)).map(drop);
            let decided = decided.map_err(|refused| refused.refusal);
            assert_eq!(decided, expected, "{revoked:?} {name}");
        };
        let all = &["tcp://evil.example.com:*", "https://evil.example.com:*"];
        check(all, "evil.example.com", Err(Refusal::Revoked));
        check(all, "a.evil.example.com", Ok(()));
        check(all, "good.example.com", Ok(()));
        check(&all[..1], "evil.example.com", Ok(()));
        check(
            &["tcp://*.evil.example.com:80", "https://*.evil.example.com"],
            "a.evil.example.com",
            Err(Refusal::Revoked),
        );
        check(&[], "example.org", Err(Refusal::NotGranted));
    }
}
