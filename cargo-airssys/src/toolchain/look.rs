//! What is there and what would be done, found without changing anything.

use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::Attempt;
use super::run::{QUESTION, run};
use super::rust::Toolchain;
use super::{Progress, cargo, installed, private, rustup};

/// How the standard library of the components' target is, or would be, provided.
#[derive(Clone, Debug)]
pub enum Way {
    /// The Rust on this machine has it.
    Installed(Toolchain),
    /// A private toolchain, made earlier, has it.
    Private(Private),
    /// Rustup would fetch it.
    Rustup,
    /// A private toolchain would be made of the distribution's packages.
    Packages,
    /// There is no way; every attempt is listed.
    None(Vec<Attempt>),
}

/// A private toolchain, made earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Private {
    /// Its folder.
    pub folder: PathBuf,
    /// The compiler's own version line.
    pub compiler: String,
    /// What components cannot do because its wasi-libc is old.
    pub limits: Option<String>,
}

/// Which way [`provide()`](super::provide()) would take.
pub fn look(project: &Path, cache: &Path) -> Way {
    let mut attempts = Vec::new();
    match installed::look(project) {
        Ok(toolchain) => return Way::Installed(toolchain),
        Err(error) => attempts.push(Attempt::new("installed Rust", &error)),
    }
    if let Some(private) = private::look(project, cache) {
        return Way::Private(private);
    }
    match rustup::check(project) {
        Ok(()) => return Way::Rustup,
        Err(error) => attempts.push(Attempt::new("rustup", &error)),
    }
    match private::check(project) {
        Ok(()) => Way::Packages,
        Err(error) => {
            attempts.push(Attempt::new("distribution packages", &error));
            Way::None(attempts)
        }
    }
}

/// Makes a private toolchain although there is one, which serves until the new one is finished.
pub fn make_anew(
    project: &Path,
    cache: &Path,
    progress: &dyn Progress,
) -> Result<Toolchain, Box<dyn Error + Send + Sync>> {
    Ok(private::make_anew(project, cache, progress)?)
}

/// The line with which the compiler that cargo uses in `project` says its version.
pub fn compiler_version(project: &Path) -> Result<String, Box<dyn Error + Send + Sync>> {
    version("rustc", installed::rustc(project))
}

/// The line with which the cargo that builds says its version.
pub fn cargo_version(project: &Path) -> Result<String, Box<dyn Error + Send + Sync>> {
    let mut command = Command::new(cargo::program());
    command.current_dir(project);
    version("cargo", command)
}

/// The first line with which a program says its version.
pub fn program_version(program: impl AsRef<OsStr>) -> Result<String, Box<dyn Error + Send + Sync>> {
    let program = program.as_ref();
    version(&program.to_string_lossy(), Command::new(program))
}

/// The linker for components that comes with the installed Rust, or is on the path.
pub fn linker(project: &Path) -> Result<PathBuf, Box<dyn Error + Send + Sync>> {
    Ok(installed::linker(project)?)
}

fn version(name: &str, command: Command) -> Result<String, Box<dyn Error + Send + Sync>> {
    let mut command = installed::question(command);
    let said = run(&format!("{name} --version"), command.arg("--version"), QUESTION)?;
    Ok(said.lines().next().unwrap_or_default().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_makes_nothing() {
        let cache = tempfile::tempdir().unwrap();
        look(Path::new("."), cache.path());
        assert_eq!(cache.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_program_says_its_version_in_a_line() {
        let said = compiler_version(Path::new(".")).unwrap();
        assert!(said.starts_with("rustc 1."), "{said}");
        let error = program_version("no-such-program-here").unwrap_err();
        assert_eq!(error.to_string(), "`no-such-program-here` is not installed");
    }

    #[cfg(unix)]
    #[test]
    fn rustup_is_told_to_install_nothing() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo ${RUSTUP_AUTO_INSTALL-may install}"]);
        assert_eq!(version("sh", shell).unwrap(), "0");
    }
}
