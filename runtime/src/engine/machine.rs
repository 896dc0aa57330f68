//! What this machine lets a host do.

use std::time::Duration;

use super::compile::CompileSettings;
use super::engines;
use crate::component::MAX_COMPONENT_BYTES;

/// What this machine lets a host do; found by trying, and given back at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Machine {
    /// How many instances, of all components, a host keeps ready in its pool.
    /// The error says why the machine gives no room for a pool; instances are then made on demand, each call of a
    /// component in the mode `fresh` takes longer, and only memory limits how many there are.
    pub pool: Result<u32, String>,
    /// The largest component that is compiled, in bytes.
    pub largest_component: u64,
    /// How many threads compile a component.
    pub compiler_threads: usize,
    /// How long a process that compiles may take, unless a host is told otherwise.
    pub compile_deadline: Duration,
    /// The memory that such a process may use, in bytes, unless a host is told otherwise.
    pub compile_memory: u64,
}

impl Machine {
    /// Looks at this machine.
    pub fn look() -> Self {
        let settings = CompileSettings::default();
        Self {
            pool: match engines::try_pool() {
                Ok(()) => Ok(engines::POOL_INSTANCES),
                Err(error) => Err(format!("{error:#}")),
            },
            largest_component: MAX_COMPONENT_BYTES as u64,
            compiler_threads: std::thread::available_parallelism().map_or(1, usize::from),
            compile_deadline: settings.deadline,
            compile_memory: settings.memory.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_a_thread_to_compile_with() {
        let machine = Machine::look();
        assert!(machine.compiler_threads > 0 && machine.largest_component > 0);
        assert_eq!(machine, Machine::look(), "looking takes nothing away");
    }
}
