//! The unpacked compiler: where its parts are, how it is started, and which version it is.

use std::env::consts::ARCH;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::toolchain::TARGET;
use crate::toolchain::error::StepError;
use crate::toolchain::run::{QUESTION, run};

/// Where the packages are unpacked.
pub(super) const ROOT: &str = "root";

/// The compiler as cargo starts it, in the toolchain's folder.
pub(super) const SCRIPT: &str = "rustc";

/// What tells one compiler from another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Version {
    /// The line a user knows, such as `rustc 1.96.0 (ac68faa20 2026-05-25)`.
    pub(super) line: String,
    /// Release and commit, fit for a file name.
    pub(super) key: String,
}

/// Where the compiler looks for the target's libraries.
pub(super) fn libraries(root: &Path) -> PathBuf {
    root.join("usr/lib/rustlib").join(TARGET).join("lib")
}

/// Where the compiler looks for linkers that run on this machine.
pub(super) fn tools(root: &Path) -> PathBuf {
    root.join("usr/lib/rustlib").join(host()).join("bin")
}

/// Rust's name for this machine.
pub(super) fn host() -> String {
    format!("{ARCH}-unknown-linux-gnu")
}

/// Writes the script that starts the compiler with its own shared libraries.
pub(super) fn write_script(folder: &Path) -> Result<PathBuf, StepError> {
    let path = folder.join(SCRIPT);
    fs::write(&path, script()).map_err(StepError::file("write", &path))?;
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&path, executable).map_err(StepError::file("make executable", &path))?;
    Ok(path)
}

/// Starts the compiler: the proof that everything it needs is there.
pub(super) fn version(script: &Path) -> Result<Version, StepError> {
    let said = run(
        "rustc --version of the unpacked compiler",
        Command::new(script).arg("-vV"),
        QUESTION,
    )?;
    parse(&said).ok_or_else(|| StepError::Unfit(format!("unknown version of rustc: {said}")))
}

/// Finds the compiler beside itself, because the folder is renamed when finished.
fn script() -> String {
    // Libraries that cargo names for a procedural macro stay behind the compiler's own.
    format!(
        r#"#!/bin/sh
root="${{0%/*}}/{ROOT}"
LD_LIBRARY_PATH="$root/usr/lib/{ARCH}-linux-gnu${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
export LD_LIBRARY_PATH
exec "$root/usr/bin/rustc" "$@"
"#
    )
}

fn parse(said: &str) -> Option<Version> {
    let value = |name: &str| said.lines().find_map(|line| line.strip_prefix(name));
    let commit = value("commit-hash: ").map_or("", |hash| hash.get(..9).unwrap_or(hash));
    Some(Version {
        line: said.lines().next()?.replace(" (built from a source tarball)", ""),
        key: format!("{}-{commit}", value("release: ")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_release_and_commit() {
        let said = "rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)\nbinary: rustc\n\
                    commit-hash: ac68faa20c58cbccd01ee7208bf3b6e93a7d7f96\nrelease: 1.96.0\n";
        let expected = Version {
            line: "rustc 1.96.0 (ac68faa20 2026-05-25)".into(),
            key: "1.96.0-ac68faa20".into(),
        };
        assert_eq!(parse(said), Some(expected));
        assert_eq!(parse("no compiler"), None);
    }
}
