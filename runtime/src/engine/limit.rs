//! The limits of one store: how much memory and how many tables and instances a guest gets.

use std::sync::Arc;

use wasmtime::ResourceLimiter;
use wasmtime::component::Component;

use crate::component::{Limit, Limits};
use crate::usage::{Account, Shortage};

/// The most core instances of one component; a Python component has 38.
pub(super) const MAX_CORE_INSTANCES: u32 = 64;
/// The most memories of one component.
pub(super) const MAX_MEMORIES: u32 = 8;
/// The most tables of one component.
pub(super) const MAX_TABLES: u32 = 64;
/// How many tables there are for each place in the pool, which has one memory.
pub(super) const TABLES_OF_PLACE: u32 = 4;
/// What an element of a table takes.
const ELEMENT: usize = size_of::<usize>();

/// Counts what the guest has, and refuses what is beyond its limits.
/// What it has, its component's account has as well, until this is dropped.
pub(crate) struct Limiter {
    account: Arc<Account>,
    /// How many of the instances that all components may have it counts as.
    places: u64,
    memory_limit: usize,
    table_limit: usize,
    memory: usize,
    /// What its tables take of the host's memory; it has a limit of its own.
    tables: usize,
    refused: Option<Refused>,
}

/// What a guest was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It would have gone beyond this limit.
    Limit(Limit),
    /// The host has too little left.
    Shortage(Shortage),
}

impl Limiter {
    /// A limiter for one more instance; all memories of it count together.
    pub(super) fn new(limits: &Limits, account: Arc<Account>, places: u64) -> Result<Self, Shortage> {
        account.begin_instance(places)?;
        Ok(Self {
            account,
            places,
            memory_limit: usize::try_from(limits.memory.0).unwrap_or(usize::MAX),
            table_limit: limits.tables as usize,
            memory: 0,
            tables: 0,
            refused: None,
        })
    }

    /// What was refused since the last look.
    pub(super) fn take_refused(&mut self) -> Option<Refused> {
        self.refused.take()
    }

    fn refuse(&mut self, refused: Refused) -> wasmtime::Result<bool> {
        if let Refused::Limit(limit) = refused {
            self.account.reach(limit);
        }
        self.refused = Some(refused);
        Ok(false)
    }
}

/// Whether growing fails by what the guest itself says: it is asked for before, and nothing would give it back.
fn is_beyond(desired: usize, maximum: Option<usize>) -> bool {
    maximum.is_some_and(|maximum| desired > maximum)
}

/// How many of the instances that all components may have an instance of this one counts as: a place in the pool has one
/// memory and four tables.
pub(super) fn places(component: &Component) -> u64 {
    // What is only known when it is instantiated is not among what may be loaded.
    let (memories, tables) = component
        .resources_required()
        .map_or((MAX_MEMORIES, MAX_TABLES), |required| {
            (required.num_memories, required.num_tables)
        });
    memories.max(tables.div_ceil(TABLES_OF_PLACE)).max(1).into()
}

impl Drop for Limiter {
    fn drop(&mut self) {
        let taken = self.memory.saturating_add(self.tables);
        self.account.end_instance(taken as u64, self.places);
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if is_beyond(desired, maximum) {
            return Ok(false);
        }
        let growth = desired.saturating_sub(current);
        let after = self.memory.saturating_add(growth);
        if after > self.memory_limit {
            return self.refuse(Refused::Limit(Limit::Memory));
        }
        if let Err(shortage) = self.account.take_memory(growth as u64) {
            return self.refuse(Refused::Shortage(shortage));
        }
        self.memory = after;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if is_beyond(desired, maximum) {
            return Ok(false);
        }
        if desired > self.table_limit {
            return self.refuse(Refused::Limit(Limit::Tables));
        }
        let growth = desired.saturating_sub(current).saturating_mul(ELEMENT);
        if let Err(shortage) = self.account.take_memory(growth as u64) {
            return self.refuse(Refused::Shortage(shortage));
        }
        self.tables = self.tables.saturating_add(growth);
        Ok(true)
    }

    fn instances(&self) -> usize {
        MAX_CORE_INSTANCES as usize
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES as usize
    }

    fn tables(&self) -> usize {
        MAX_TABLES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::ByteCount;

    #[test]
    fn all_memories_count_together() {
        let limits = Limits {
            memory: ByteCount(100),
            tables: 10,
            ..Limits::default()
        };
        let mut limiter = Limiter::new(&limits, Account::alone(), 1).unwrap();
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert!(!limiter.memory_growing(40, 41, None).unwrap());
        assert_eq!(limiter.take_refused(), Some(Refused::Limit(Limit::Memory)));
        assert_eq!(limiter.take_refused(), None);
    }

    #[test]
    fn tables_count_by_their_elements_as_memory_of_the_host() {
        let limits = Limits {
            memory: ByteCount(0),
            tables: 10,
            ..Limits::default()
        };
        let account = Account::alone();
        let mut limiter = Limiter::new(&limits, account.clone(), 3).unwrap();
        assert!(limiter.table_growing(0, 10, None).unwrap());
        assert!(!limiter.table_growing(10, 11, None).unwrap());
        assert_eq!(limiter.take_refused(), Some(Refused::Limit(Limit::Tables)));
        assert!(limiter.table_growing(0, 10, None).unwrap());
        // What fails by its own maximum is not counted, however often it is tried.
        assert!(!limiter.table_growing(1, 2, Some(1)).unwrap() && !limiter.memory_growing(0, 2, Some(1)).unwrap());
        assert_eq!(limiter.take_refused(), None);
        assert_eq!(account.usage_of_host().memory.used, 160);
        assert_eq!(account.usage_of_host().instances.used, 3);
        drop(limiter);
        assert_eq!(account.usage_of_host().memory.used, 0);
        assert_eq!(account.usage_of_host().instances.used, 0);
    }
}
