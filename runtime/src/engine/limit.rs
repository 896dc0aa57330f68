//! The limits of one store: how much memory and how many tables and instances a guest gets.

use wasmtime::ResourceLimiter;

/// The most elements of one table.
pub(super) const MAX_TABLE_ELEMENTS: usize = 20_000;
/// The most core instances of one component; a Python component has 38.
pub(super) const MAX_CORE_INSTANCES: u32 = 64;
/// The most memories of one component.
pub(super) const MAX_MEMORIES: u32 = 8;
/// The most tables of one component.
pub(super) const MAX_TABLES: u32 = 64;

/// Counts what the guest has, and refuses what is beyond its limits.
pub(crate) struct Limiter {
    memory_limit: usize,
    memory: usize,
    refused: bool,
}

impl Limiter {
    /// A limiter for `memory_limit` bytes of linear memory, all memories of the instance together.
    pub(crate) fn new(memory_limit: u64) -> Self {
        Self {
            memory_limit: usize::try_from(memory_limit).unwrap_or(usize::MAX),
            memory: 0,
            refused: false,
        }
    }

    /// Whether memory was refused since the last look.
    pub(crate) fn take_refused(&mut self) -> bool {
        std::mem::take(&mut self.refused)
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let after = self.memory.saturating_add(desired.saturating_sub(current));
        if after > self.memory_limit {
            self.refused = true;
            return Ok(false);
        }
        self.memory = after;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE_ELEMENTS)
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

    #[test]
    fn all_memories_count_together() {
        let mut limiter = Limiter::new(100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert!(!limiter.memory_growing(40, 41, None).unwrap());
        assert!(limiter.take_refused());
        assert!(!limiter.take_refused());
    }
}
