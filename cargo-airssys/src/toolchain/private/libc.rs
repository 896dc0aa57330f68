//! wasi-libc, from the newest suite that answers: an old one links, but then files and sockets do not work.

use std::fs;
use std::path::Path;

use super::apt::Apt;
use super::compiler;
use super::packages;
use super::sources::Source;
use crate::toolchain::error::StepError;

/// The package; it holds no programs and is the same for all machines.
pub(super) const PACKAGE: &str = "wasi-libc";

/// Newest first; by roles, not by the names of today's releases.
const SUITES: [&str; 2] = ["sid", "stable"];

/// The first one built for the target itself; the other is the older interface that still links with it.
const FOLDERS: [&str; 2] = ["usr/lib/wasm32-wasip2", "usr/lib/wasm32-wasi"];

/// The first year whose wasi-libc works with the target.
const COMPLETE_SINCE: u32 = 2024;

/// Which wasi-libc a toolchain has.
pub(super) struct Libc {
    pub(super) version: String,
    pub(super) limits: Option<String>,
}

/// The newest wasi-libc that can be had, and the apt that has it.
pub(super) fn newest(scratch: &Path, own: &[Source], own_apt: &Apt) -> Result<(Apt, Libc), StepError> {
    // The shortest name is the release itself, not its updates.
    if let Some(release) = own.iter().min_by_key(|source| source.suite.len()) {
        for suite in SUITES {
            // A derivative's mirror has no such suite, and a mirror may be partial: then the next one is asked.
            if let Ok(found) = in_suite(scratch, release, suite) {
                return Ok(found);
            }
        }
    }
    let version = candidate(own_apt)?;
    let limits = limits(&version);
    Ok((own_apt.clone(), Libc { version, limits }))
}

/// Copies what linking needs to where the compiler looks for it.
pub(super) fn place(root: &Path) -> Result<(), StepError> {
    let from = FOLDERS
        .iter()
        .map(|folder| root.join(folder))
        .find(|folder| folder.join("libc.a").is_file())
        .ok_or_else(|| StepError::Unfit(format!("{PACKAGE} holds no libc.a for the target")))?;
    let to = compiler::libraries(root).join("self-contained");
    fs::create_dir_all(&to).map_err(StepError::file("create", &to))?;
    for name in ["libc.a", "crt1-command.o", "crt1-reactor.o"] {
        fs::copy(from.join(name), to.join(name)).map_err(StepError::file("copy", from.join(name)))?;
    }
    Ok(())
}

fn in_suite(scratch: &Path, release: &Source, suite: &str) -> Result<(Apt, Libc), StepError> {
    let apt = Apt::open(&scratch.join(suite), &[release.in_suite(suite)])?;
    apt.update()?;
    let version = candidate(&apt)?;
    let limits = limits(&version);
    Ok((
        apt,
        Libc {
            version: format!("{version} ({suite})"),
            limits,
        },
    ))
}

fn candidate(apt: &Apt) -> Result<String, StepError> {
    packages::candidate(&apt.policy(&[PACKAGE])?, PACKAGE)
        .ok_or_else(|| StepError::Unfit(format!("the distribution has no package {PACKAGE}")))
}

/// Versions look like `0.0~git20260423.161b319-2`; one that does not is taken for a newer scheme.
fn limits(version: &str) -> Option<String> {
    let date = version.split_once("git")?.1;
    let year: u32 = date.get(..4)?.parse().ok()?;
    (year < COMPLETE_SINCE)
        .then(|| format!("its wasi-libc is of {year}: std::net does not link, and std::fs fails on absolute paths"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_libc_is_told_with_its_limits() {
        assert!(limits("0.0~git20220510.9886d3d-2").is_some_and(|limits| limits.contains("2022")));
        assert_eq!(limits("0.0~git20260423.161b319-2"), None);
        assert_eq!(limits("30-1"), None);
    }
}
