//! Programs that stand where a host expects its compiler.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::{program, workspace};
use airssys_wasm::Compiler;

/// A program of `tests/compilers` in a folder of its own.
pub struct FalseCompiler {
    /// The folder, which the program finds by its own path.
    pub folder: tempfile::TempDir,
    /// The program.
    pub path: PathBuf,
}

impl FalseCompiler {
    /// The program of this name.
    pub fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let path = folder.path().join(name);
        // A copy could not be started while another thread starts a process: that would have it open for writing.
        symlink(workspace().join("tests/compilers").join(name), &path).expect("a new link");
        Self { folder, path }
    }
}

/// The command line as compiler.
pub fn own_compiler() -> Compiler {
    Compiler::Process(program("airssys-wasm"))
}
