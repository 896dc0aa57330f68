//! What one component uses, over all its releases and instances.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::Starts;
use super::budget::{Budget, Shortage};
use super::open_files::OpenFiles;
use super::rate::{Allowance, Rate};
use crate::component::{ComponentName, Digest, Limit, Limits};
use crate::event::Event;

/// How long it is not told again that a limit was reached.
const QUIET: u64 = 60_000_000_000;

/// What one component uses.
#[derive(Debug)]
pub(crate) struct Account {
    pub(super) name: ComponentName,
    budget: Budget,
    memory: AtomicU64,
    memory_peak: AtomicU64,
    instances: AtomicU64,
    /// The same without those that are only asking whether there is room.
    holders: AtomicU64,
    /// Calls that run or wait.
    calls: AtomicU64,
    /// By how much files have grown.
    storage: AtomicU64,
    /// The starts of its releases.
    starts: Mutex<HashMap<Digest, Arc<Starts>>>,
    output: Rate,
    requests: Rate,
    bytes: Rate,
    lookups: Rate,
    /// The fuel of the last entry, and the most of any.
    fuel: AtomicU64,
    fuel_peak: AtomicU64,
    /// How often each limit was reached, and when it was told last.
    reached: [AtomicU64; Limit::ALL.len()],
    told: [AtomicU64; Limit::ALL.len()],
}

/// What a component uses of one of its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LimitUsage {
    /// The limit.
    pub limit: Limit,
    /// What it is: bytes, nanoseconds or a number; the largest number where there is none.
    pub allowed: u64,
    /// How far a manifest may raise it, as the operator's policy says; the largest number where it may be raised at will.
    pub ceiling: u64,
    /// How much of it is used now, of fuel by the last entry; none where it holds for each entry or instance by itself.
    pub used: Option<u64>,
    /// The most that was used at the same time since the host was opened, where that is known.
    pub peak: Option<u64>,
    /// How often it was reached since the host was opened.
    pub reached: u64,
}

impl Account {
    pub(super) fn new(name: ComponentName, budget: Budget) -> Self {
        Self {
            name,
            budget,
            memory: AtomicU64::new(0),
            memory_peak: AtomicU64::new(0),
            instances: AtomicU64::new(0),
            holders: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            storage: AtomicU64::new(0),
            starts: Mutex::default(),
            output: Rate::default(),
            requests: Rate::default(),
            bytes: Rate::default(),
            lookups: Rate::default(),
            fuel: AtomicU64::new(0),
            fuel_peak: AtomicU64::new(0),
            reached: Default::default(),
            told: Default::default(),
        }
    }

    /// Counts one more instance, which takes so many places, if there is room for it.
    pub(crate) fn begin_instance(&self, places: u64) -> Result<(), Shortage> {
        let totals = self.budget.totals();
        let is_first = self.holders.load(Ordering::Relaxed) == 0;
        // One that begins is among those who share.
        let active = totals.active.load(Ordering::Relaxed) + u64::from(is_first);
        totals.instances.take(places, &self.instances, active)?;
        if self.holders.fetch_add(1, Ordering::Relaxed) == 0 {
            totals.active.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Gives back the places of an instance and what memory it had.
    pub(crate) fn end_instance(&self, memory: u64, places: u64) {
        let totals = self.budget.totals();
        totals.memory.give_back(memory, &self.memory);
        totals.instances.give_back(places, &self.instances);
        if self.holders.fetch_sub(1, Ordering::Relaxed) == 1 {
            totals.active.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Counts one more call that runs or waits, if there is room for it.
    pub(crate) fn begin_call(&self) -> Result<(), Shortage> {
        let calls = &self.budget.totals().calls;
        // Who shares is only asked when it matters, because each call comes here.
        if calls.take_freely(1, &self.calls) {
            return Ok(());
        }
        let callers = self.budget.callers() + u64::from(!self.has_calls());
        calls.take(1, &self.calls, callers)
    }

    /// Counts one more call, also where there is no room: it had a place already.
    pub(crate) fn go_on_with_call(&self) {
        self.budget.totals().calls.take_anyway(1, &self.calls);
    }

    /// Gives back the place of a call.
    pub(crate) fn end_call(&self) {
        self.budget.totals().calls.give_back(1, &self.calls);
    }

    pub(crate) fn has_calls(&self) -> bool {
        self.calls.load(Ordering::Relaxed) > 0
    }

    /// Takes memory for one of its instances.
    pub(crate) fn take_memory(&self, bytes: u64) -> Result<(), Shortage> {
        let totals = self.budget.totals();
        let active = totals.active.load(Ordering::Relaxed);
        totals.memory.take(bytes, &self.memory, active)?;
        self.memory_peak
            .fetch_max(self.memory.load(Ordering::Relaxed), Ordering::Relaxed);
        Ok(())
    }

    /// The starts of a release that comes into service: what failed before is forgotten.
    pub(crate) fn new_starts(&self, release: Digest) -> Arc<Starts> {
        let new = Arc::<Starts>::default();
        let mut all = self.starts();
        all.retain(|_, starts| Arc::strong_count(starts) > 1);
        all.insert(release, new.clone());
        new
    }

    /// The starts of a release that is in service, also when it was never started.
    pub(crate) fn starts_of(&self, release: Digest) -> Arc<Starts> {
        self.starts().entry(release).or_default().clone()
    }

    fn starts(&self) -> MutexGuard<'_, HashMap<Digest, Arc<Starts>>> {
        self.starts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how much fuel an entry into a guest has used.
    pub(crate) fn note_fuel(&self, used: u64) {
        self.fuel.store(used, Ordering::Relaxed);
        self.fuel_peak.fetch_max(used, Ordering::Relaxed);
    }

    /// Notes that a limit was reached.
    pub(crate) fn reach(&self, limit: Limit) {
        self.reached[limit as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that a limit was reached of which the guest is told in the terms of the interface, and tells so from time to
    /// time.
    pub(super) fn reach_and_tell(&self, limit: Limit, allowed: u64) {
        self.reach(limit);
        // Never told is told at 0.
        let now = self.now().max(1);
        let told = &self.told[limit as usize];
        let due = |last: u64| (last == 0 || now.saturating_sub(last) >= QUIET).then_some(now);
        if told.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due).is_ok() {
            self.budget.events().emit(Event::LimitReached {
                component: self.name.clone(),
                limit,
                allowed,
            });
        }
    }

    pub(super) fn storage(&self) -> &AtomicU64 {
        &self.storage
    }

    pub(super) fn open_files(&self) -> &OpenFiles {
        &self.budget.totals().open_files
    }

    pub(super) fn output(&self, limits: &Limits) -> (&Rate, Allowance) {
        (&self.output, Allowance::per_second(limits.output.0))
    }

    pub(super) fn requests(&self, limits: &Limits) -> (&Rate, Allowance) {
        (&self.requests, Allowance::per_second(limits.outbound_requests.into()))
    }

    pub(super) fn bytes(&self, limits: &Limits) -> (&Rate, Allowance) {
        (&self.bytes, Allowance::per_minute(limits.outbound_bytes.0))
    }

    pub(super) fn lookups(&self, limits: &Limits) -> (&Rate, Allowance) {
        (&self.lookups, Allowance::per_minute(limits.name_lookups.into()))
    }

    /// Nanoseconds since the host was opened.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.budget.totals().begin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// What it uses of these limits, with so many calls that run or wait, under these ceilings.
    pub(crate) fn usage(&self, limits: &Limits, in_flight: u32, ceilings: &[u64; Limit::ALL.len()]) -> Vec<LimitUsage> {
        let now = self.now();
        let rate = |(rate, allowance): (&Rate, Allowance)| rate.used(allowance, now);
        let of = |limit: Limit| {
            let used = match limit {
                Limit::Memory => Some(self.memory.load(Ordering::Relaxed)),
                Limit::Fuel if limits.fuel > 0 => Some(self.fuel.load(Ordering::Relaxed)),
                Limit::Concurrency => Some(in_flight.into()),
                Limit::Storage => Some(self.storage.load(Ordering::Relaxed)),
                Limit::Output => Some(rate(self.output(limits))),
                Limit::OutboundRequests => Some(rate(self.requests(limits))),
                Limit::OutboundBytes => Some(rate(self.bytes(limits))),
                Limit::NameLookups => Some(rate(self.lookups(limits))),
                _ => None,
            };
            LimitUsage {
                limit,
                allowed: limits.amount(limit),
                ceiling: ceilings[limit as usize],
                used,
                peak: match limit {
                    Limit::Memory => Some(self.memory_peak.load(Ordering::Relaxed)),
                    Limit::Fuel if limits.fuel > 0 => Some(self.fuel_peak.load(Ordering::Relaxed)),
                    _ => None,
                },
                reached: self.reached[limit as usize].load(Ordering::Relaxed),
            }
        };
        Limit::ALL.into_iter().map(of).collect()
    }

    /// What all components use.
    #[cfg(test)]
    pub(crate) fn usage_of_host(&self) -> super::HostUsage {
        self.budget.usage()
    }

    /// An account that shares nothing with others.
    #[cfg(test)]
    pub(crate) fn alone() -> Arc<Self> {
        Budget::new(None, 1_000, None, crate::event::Events::default()).account(&"alone".parse().unwrap())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::ByteCount;
    use crate::event::Events;

    #[test]
    fn what_instances_had_comes_back_when_they_end() {
        let budget = Budget::new(Some(ByteCount(1_000)), 16, None, Events::default());
        let (one, other) = (
            budget.account(&"one".parse().unwrap()),
            budget.account(&"other".parse().unwrap()),
        );
        other.begin_instance(1).unwrap();
        for _ in 0..13 {
            one.begin_instance(1).unwrap();
        }
        one.take_memory(800).unwrap();
        assert_eq!(budget.usage().active, 2);
        // The reserve is for the other, and for who comes.
        assert!(one.take_memory(80).is_err() && one.begin_instance(1).is_err());
        other.take_memory(130).unwrap();
        other.begin_instance(1).unwrap();
        assert!(other.take_memory(10).is_err() && other.begin_instance(1).is_err());
        other.end_instance(130, 1);
        other.end_instance(0, 1);
        // Alone it may have all of it but the reserve.
        assert_eq!(budget.usage().active, 1);
        one.take_memory(75).unwrap();
        assert!(one.take_memory(1).is_err());
        one.end_instance(875, 1);
        for _ in 0..12 {
            one.end_instance(0, 1);
        }
        let usage = budget.usage();
        assert_eq!((usage.memory.used, usage.instances.used, usage.active), (0, 0, 0));
        let used = one.usage(&Limits::default(), 3, &[u64::MAX; 12]);
        let of = |limit| *used.iter().find(|usage| usage.limit == limit).unwrap();
        assert_eq!((of(Limit::Memory).used, of(Limit::Memory).peak), (Some(0), Some(875)));
        assert_eq!(of(Limit::Concurrency).used, Some(3));
    }

    #[test]
    fn calls_have_fair_shares_and_one_that_goes_on_has_its_place() {
        let budget = Budget::new(None, 1, Some(64), Events::default());
        let account = |name: &str| budget.account(&name.parse().unwrap());
        let (hog, other, late) = (account("hog"), account("other"), account("late"));
        let most = |account: &Account| (0..100).take_while(|_| account.begin_call().is_ok()).count();
        // All but the reserve, all but its last part, and a few of that for each that comes then.
        assert_eq!((most(&hog), most(&other), most(&late)), (56, 4, 2));
        assert_eq!(budget.callers(), 3);
        late.go_on_with_call();
        assert_eq!(budget.usage().calls.used, 63);
        for (account, calls) in [(&hog, 56), (&other, 4), (&late, 3)] {
            for _ in 0..calls {
                account.end_call();
            }
        }
        assert_eq!((budget.usage().calls.used, budget.callers()), (0, 0));
    }

    #[test]
    fn a_limit_that_is_reached_is_counted_each_time_and_told_once() {
        let told = Arc::<Mutex<Vec<Limit>>>::default();
        let keep = told.clone();
        let events = Events::new(move |event| {
            if let Event::LimitReached { limit, .. } = event {
                keep.lock().unwrap().push(limit);
            }
        });
        let account = Budget::new(None, 1, None, events).account(&"a".parse().unwrap());
        for _ in 0..3 {
            account.reach_and_tell(Limit::Storage, 1);
        }
        account.reach_and_tell(Limit::NameLookups, 1);
        account.reach(Limit::Fuel);
        assert_eq!(*told.lock().unwrap(), [Limit::Storage, Limit::NameLookups]);
        let used = account.usage(&Limits::default(), 0, &[u64::MAX; 12]);
        let reached: Vec<u64> = used.iter().map(|usage| usage.reached).collect();
        assert_eq!(reached, [0, 0, 0, 1, 0, 0, 0, 0, 3, 0, 0, 1]);
    }
}
