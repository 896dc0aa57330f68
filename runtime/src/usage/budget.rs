//! What a host has for all its components, and who gets of it when it runs short.

use std::collections::HashMap;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::Account;
use super::open_files::OpenFiles;
use crate::component::{ByteCount, ComponentName};
use crate::error::{Error, HostResource};
use crate::event::Events;

/// The part of the budget that is kept for those who have less than their share, as one of so many.
const RESERVE: u64 = 8;

/// The part of it that is kept for those who have next to nothing, whoever has had their share before they came.
const LAST: u64 = 16;

/// What is next to nothing of the memory, as one of so many parts of all of it.
const LITTLE: u64 = 256;

/// What is next to nothing of the instances: one that serves, and one that is to replace it.
const FEW_INSTANCES: u64 = 2;

/// How many calls may run or wait at the same time when nothing is said.
const CALLS: u32 = 8_192;

/// What is next to nothing of the calls, as one of so many parts of all of them, and at least one that ends and one that
/// begins.
const FEW_CALLS: u64 = 256;

/// What a host has where the machine does not say how much memory it has.
const MEMORY_UNKNOWN: u64 = 4 << 30;

/// What a host has for all its components; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    totals: Totals,
    accounts: Mutex<HashMap<ComponentName, Arc<Account>>>,
    events: Events,
}

/// What all components use together.
#[derive(Debug)]
pub(super) struct Totals {
    pub(super) memory: Shared,
    pub(super) instances: Shared,
    pub(super) calls: Shared,
    /// Components that have instances: among them the budget is shared.
    pub(super) active: AtomicU64,
    /// The files that they have open: two of them may have the same, and it comes back to one.
    pub(super) open_files: OpenFiles,
    pub(super) begin: Instant,
}

/// One thing that all share.
#[derive(Debug)]
pub(super) struct Shared {
    resource: HostResource,
    limit: u64,
    /// What somebody may have as long as there is any.
    little: u64,
    used: AtomicU64,
}

/// Something that was refused, because the host has too little of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shortage {
    resource: HostResource,
    left: u64,
    budget: u64,
}

/// What a host uses of what it has for its components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HostUsage {
    /// Linear memory of all instances, in bytes.
    pub memory: Total,
    /// Instances of all components.
    pub instances: Total,
    /// Calls of all components that run or wait.
    pub calls: Total,
    /// Components that have instances.
    pub active: u64,
}

/// How much of something is used, and how much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Total {
    /// How much is used now.
    pub used: u64,
    /// How much there is.
    pub budget: u64,
}

impl Budget {
    /// So much memory, by default three quarters of what the machine or its control group lets this process have, so many
    /// instances, and so many calls.
    pub(crate) fn new(memory: Option<ByteCount>, instances: u64, calls: Option<u32>, events: Events) -> Self {
        let calls = calls.unwrap_or(CALLS).into();
        let memory = memory.map_or_else(|| machine_memory() / 4 * 3, |bytes| bytes.0);
        Self(Arc::new(Inner {
            totals: Totals::new(memory, instances, calls),
            accounts: Mutex::default(),
            events,
        }))
    }

    /// What a component uses.
    pub(crate) fn account(&self, name: &ComponentName) -> Arc<Account> {
        let mut accounts = self.0.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = accounts.get(name) {
            return account.clone();
        }
        let account = Arc::new(Account::new(name.clone(), self.clone()));
        accounts.insert(name.clone(), account.clone());
        account
    }

    /// What all components use.
    pub(crate) fn usage(&self) -> HostUsage {
        let totals = &self.0.totals;
        HostUsage {
            memory: totals.memory.total(),
            instances: totals.instances.total(),
            calls: totals.calls.total(),
            active: totals.active.load(Ordering::Relaxed),
        }
    }

    /// How many components have calls that run or wait.
    pub(super) fn callers(&self) -> u64 {
        let accounts = self.0.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.values().filter(|account| account.has_calls()).count() as u64
    }

    pub(super) fn totals(&self) -> &Totals {
        &self.0.totals
    }

    pub(super) fn events(&self) -> &Events {
        &self.0.events
    }
}

impl Totals {
    fn new(memory: u64, instances: u64, calls: u64) -> Self {
        Self {
            memory: Shared::new(HostResource::Memory, memory, memory / LITTLE),
            instances: Shared::new(HostResource::Instances, instances, FEW_INSTANCES),
            calls: Shared::new(HostResource::Calls, calls, (calls / FEW_CALLS).max(2)),
            active: AtomicU64::new(0),
            open_files: OpenFiles::default(),
            begin: Instant::now(),
        }
    }
}

impl Shared {
    fn new(resource: HostResource, limit: u64, little: u64) -> Self {
        Self {
            resource,
            limit,
            little,
            used: AtomicU64::new(0),
        }
    }

    /// Takes an amount when there is more than the reserve, so that nobody is asked for their share.
    pub(super) fn take_freely(&self, amount: u64, own: &AtomicU64) -> bool {
        let most = self.limit - self.limit / RESERVE;
        let is_taken = self.take_up_to(amount, most).is_ok();
        if is_taken {
            own.fetch_add(amount, Ordering::Relaxed);
        }
        is_taken
    }

    /// Takes an amount without being asked, also when there is none.
    pub(super) fn take_anyway(&self, amount: u64, own: &AtomicU64) {
        self.used.fetch_add(amount, Ordering::Relaxed);
        own.fetch_add(amount, Ordering::Relaxed);
    }

    /// Takes an amount for somebody who has `own` of it, among `active` who share.
    ///
    /// As long as there is more than the reserve, everybody gets what they ask for, up to their own limits.
    /// From then on only those get more who have less than their share, where one more counts than are there: who comes
    /// next finds something.
    /// The last of it is for those who have next to nothing: several who have had their share leave that to the others.
    pub(super) fn take(&self, amount: u64, own: &AtomicU64, active: u64) -> Result<(), Shortage> {
        let had = own.fetch_add(amount, Ordering::Relaxed);
        let have = had.saturating_add(amount);
        let share = self.limit / active.max(1).saturating_add(1);
        let most = match () {
            () if have <= self.little => self.limit,
            () if have <= share => self.limit - self.limit / LAST,
            () => self.limit - self.limit / RESERVE,
        };
        let Err(used) = self.take_up_to(amount, most) else {
            return Ok(());
        };
        own.fetch_sub(amount, Ordering::Relaxed);
        Err(Shortage {
            resource: self.resource,
            left: self.limit.saturating_sub(used),
            budget: self.limit,
        })
    }

    /// Takes an amount when no more than this is used then, or says how much is.
    ///
    /// What is refused was never counted, so that nobody is refused because of what somebody else was not given.
    fn take_up_to(&self, amount: u64, most: u64) -> Result<u64, u64> {
        let more = |used: u64| used.checked_add(amount).filter(|after| *after <= most);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
    }

    pub(super) fn give_back(&self, amount: u64, own: &AtomicU64) {
        self.used.fetch_sub(amount, Ordering::Relaxed);
        own.fetch_sub(amount, Ordering::Relaxed);
    }

    fn total(&self) -> Total {
        Total {
            used: self.used.load(Ordering::Relaxed),
            budget: self.limit,
        }
    }
}

impl Shortage {
    /// No place is left for another instance, whoever asks.
    pub(crate) fn of_places(budget: u64) -> Self {
        Self {
            resource: HostResource::Instances,
            left: 0,
            budget,
        }
    }

    /// The error of a component that was refused something.
    pub(crate) fn error(self, name: &ComponentName) -> Error {
        Error::OverBudget {
            name: name.clone(),
            resource: self.resource,
            left: self.left,
            budget: self.budget,
        }
    }
}

/// The memory that this process may have: the machine's, or what its control group is limited to.
fn machine_memory() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| total_of(&text));
    let groups = [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ];
    let group = groups
        .iter()
        .find_map(|path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok());
    let machine = machine.unwrap_or(MEMORY_UNKNOWN);
    group.map_or(machine, |group| machine.min(group))
}

fn total_of(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(limit: u64) -> Shared {
        Shared::new(HostResource::Memory, limit, limit / 100)
    }

    #[test]
    fn whoever_has_more_than_their_share_is_refused_first() {
        let memory = memory(800);
        let (hog, modest) = (AtomicU64::new(0), AtomicU64::new(0));
        // There is enough, so nobody is asked for their share.
        assert!(memory.take(600, &hog, 2).is_ok());
        assert!(memory.take(100, &hog, 2).is_ok());
        // Now there is only the reserve, and 700 is more than a third.
        let shortage = memory.take(10, &hog, 2).unwrap_err();
        assert_eq!((shortage.left, shortage.budget), (100, 800));
        // The last sixteenth is not for who has something.
        assert!(memory.take(50, &modest, 2).is_ok());
        assert!(memory.take(1, &modest, 2).is_err());
        assert_eq!(
            (
                memory.total().used,
                hog.load(Ordering::Relaxed),
                modest.load(Ordering::Relaxed)
            ),
            (750, 700, 50)
        );
        memory.give_back(700, &hog);
        assert!(memory.take(300, &modest, 2).is_ok());
        assert_eq!(memory.total().used, 350);
    }

    #[test]
    fn whoever_comes_late_finds_something() {
        let memory = memory(800);
        let own = AtomicU64::new(0);
        assert!(memory.take(700, &own, 1).is_ok());
        assert!(memory.take(1, &own, 1).is_err(), "alone, it leaves the reserve");
        let second = AtomicU64::new(0);
        assert!(memory.take(50, &second, 2).is_ok() && memory.take(1, &second, 2).is_err());
        // Of what is left everybody gets a little, up to the end.
        let late: Vec<AtomicU64> = (0..7).map(|_| AtomicU64::new(0)).collect();
        for (active, own) in (3..).zip(&late) {
            assert_eq!(memory.take(8, own, active).is_ok(), active < 9, "{active}");
            assert!(memory.take(8, own, active).is_err());
        }
        assert_eq!(memory.total().used, 798);
    }

    #[test]
    fn what_was_refused_takes_nothing_from_others() {
        let memory = memory(800);
        let (hog, other) = (AtomicU64::new(0), AtomicU64::new(0));
        for amount in [801, u64::MAX, u64::MAX - 1] {
            assert!(memory.take(amount, &hog, 1).is_err());
        }
        assert_eq!((memory.total().used, hog.load(Ordering::Relaxed)), (0, 0));
        assert!(memory.take(700, &other, 1).is_ok());
    }

    #[test]
    fn the_memory_of_a_machine_is_read_from_what_it_says() {
        assert_eq!(total_of("MemTotal:       16384 kB\nMemFree: 1 kB\n"), Some(16 << 20));
        assert_eq!(total_of("MemFree: 1 kB\n"), None);
        assert!(machine_memory() > 64 << 20);
    }
}
