//! The limits of one store: how much memory and how many tables and instances a guest gets.

use std::sync::Arc;

use wasmtime::ResourceLimiter;

use crate::component::{Limit, Limits};
use crate::usage::{Account, Shortage};

/// The most core instances of one component; a Python component has 38.
pub(super) const MAX_CORE_INSTANCES: u32 = 64;
/// The most memories of one component.
pub(super) const MAX_MEMORIES: u32 = 8;
/// The most tables of one component.
pub(super) const MAX_TABLES: u32 = 64;

/// Counts what the guest has, and refuses what is beyond its limits.
/// What it has, its component's account has as well, until this is dropped.
pub(crate) struct Limiter {
    account: Arc<Account>,
    memory_limit: usize,
    table_limit: usize,
    memory: usize,
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
    pub(super) fn new(limits: &Limits, account: Arc<Account>) -> Result<Self, Shortage> {
        account.begin_instance()?;
        Ok(Self {
            account,
            memory_limit: usize::try_from(limits.memory.0).unwrap_or(usize::MAX),
            table_limit: limits.tables as usize,
            memory: 0,
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

impl Drop for Limiter {
    fn drop(&mut self) {
        self.account.end_instance(self.memory as u64);
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
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

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        match desired <= self.table_limit {
            true => Ok(true),
            false => self.refuse(Refused::Limit(Limit::Tables)),
        }
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
        let mut limiter = Limiter::new(&limits, Account::alone()).unwrap();
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert!(!limiter.memory_growing(40, 41, None).unwrap());
        assert_eq!(limiter.take_refused(), Some(Refused::Limit(Limit::Memory)));
        assert_eq!(limiter.take_refused(), None);
        assert!(limiter.table_growing(0, 10, None).unwrap());
        assert!(!limiter.table_growing(10, 11, None).unwrap());
        assert_eq!(limiter.take_refused(), Some(Refused::Limit(Limit::Tables)));
    }
}
