//! Where components are compiled, and within which limits.

use std::path::PathBuf;
use std::time::Duration;

use crate::component::ByteCount;

/// Where a host compiles components.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compiler {
    /// In this process, on a thread of its own.
    /// Nothing bounds the time and the memory that it takes, so this is for bytes from sources that you trust.
    #[default]
    InProcess,
    /// In a process of its own for each component, which is killed when it takes more than it may.
    ///
    /// The host starts this program with [`COMPILE_ARGUMENT`](crate::COMPILE_ARGUMENT) as its one argument, and the
    /// program calls [`compile_child`](crate::compile_child).
    /// It is mostly the program that runs the host, and has to be trusted like it: what it returns is run.
    Process(PathBuf),
}

/// How a host compiles.
#[derive(Clone, Debug)]
pub(crate) struct CompileSettings {
    pub(crate) compiler: Compiler,
    /// How long a process may take.
    pub(crate) deadline: Duration,
    /// The memory that a process may use.
    pub(crate) memory: ByteCount,
    /// Whether functions that did not change are kept from one compilation to the next, in this process.
    pub(crate) incremental: bool,
}

impl Default for CompileSettings {
    fn default() -> Self {
        Self {
            compiler: Compiler::default(),
            deadline: Duration::from_secs(120),
            memory: ByteCount(2 << 30),
            incremental: false,
        }
    }
}
