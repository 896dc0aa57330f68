//! Rust: compiler, cargo, the linkers, and the standard library of the components' target.

use std::error::Error;
use std::path::{Path, PathBuf};

use semver::Version;

use super::check::{Check, Place};
use super::folder;
use crate::shell::size;
use crate::toolchain::{self, Private, TARGET, Way};

/// The oldest compiler that the SDK builds with.
const OLDEST_COMPILER: &str = env!("CARGO_PKG_RUST_VERSION");

/// The oldest cargo that reads the manifests of components, which are of edition 2024.
const OLDEST_CARGO: &str = "1.85";

/// What making a private toolchain costs; measured on a machine with two cores.
const PACKAGES: &str = "make it of the distribution's packages, in the cache: 150 MB to download, some minutes";

const INSTALL: &str = "install Rust with cargo, for example from https://rustup.rs";

pub(super) fn look(place: &Place) -> Vec<Check> {
    let folder = toolchain::asked_in(&place.folder);
    let way = toolchain::look(folder, &cache(place));
    let compiler = match &way {
        // It builds components in place of the installed one, which may be older.
        Way::Private(private) => Ok(private.compiler.clone()),
        _ => toolchain::compiler_version(folder),
    };
    vec![
        of_version("rust.compiler", compiler, OLDEST_COMPILER),
        of_version("rust.cargo", toolchain::cargo_version(folder), OLDEST_CARGO),
        of_native_linker(),
        of_target(place, way),
        of_linker(folder),
    ]
}

/// Where a private toolchain is, or would be, made.
fn cache(place: &Place) -> PathBuf {
    place
        .cache
        .clone()
        .unwrap_or_else(|| place.folder.join("target/airssys"))
}

/// Judges a line such as `rustc 1.95.0 (59807616e 2026-04-14)`.
fn of_version(name: &'static str, said: Result<String, Box<dyn Error + Send + Sync>>, least: &str) -> Check {
    let said = match said {
        Ok(said) => said,
        Err(error) => return Check::missing(name, error.to_string()).advise(INSTALL),
    };
    let version = said.split(' ').nth(1).and_then(|version| Version::parse(version).ok());
    let oldest = Version::parse(&format!("{least}.0")).ok();
    match (version, oldest) {
        // A nightly of the oldest version counts: its number is the same.
        (Some(version), Some(oldest)) if (version.major, version.minor) < (oldest.major, oldest.minor) => {
            Check::missing(name, format!("{said} is older than {least}")).advise("run `rustup update`")
        }
        _ => Check::ok(name, format!("{said}; at least {least} is needed")),
    }
}

/// What links build scripts and procedural macros, without which no component is compiled, and native tests.
fn of_native_linker() -> Check {
    match toolchain::program_version("cc") {
        Ok(version) => Check::ok("rust.native-linker", version),
        Err(error) => Check::missing(
            "rust.native-linker",
            format!("{error}: macros and native tests cannot be linked"),
        )
        .advise("install a C compiler, for example with `apt-get install gcc libc6-dev`"),
    }
}

fn of_target(place: &Place, way: Way) -> Check {
    let name = "rust.target";
    let (folder, cache) = (toolchain::asked_in(&place.folder).to_owned(), cache(place));
    let provide = move |progress: &dyn toolchain::Progress| {
        toolchain::provide(&folder, &cache, progress)?;
        Ok(())
    };
    let absent = format!("no standard library for {TARGET}");
    match way {
        Way::Installed(toolchain) => Check::ok(name, format!("installed: {}", toolchain.describe())),
        Way::Private(private) => of_private(name, place, private),
        Way::Rustup => Check::missing(name, absent).repair(
            format!(
                "run `rustup target add {TARGET}`: 25 MB, less than a minute; where rustup cannot reach its server, \
                 {PACKAGES}"
            ),
            provide,
        ),
        Way::Packages => Check::missing(name, absent).repair(PACKAGES, provide),
        Way::None(attempts) => {
            let tried: Vec<String> = attempts
                .iter()
                .map(|attempt| {
                    format!(
                        "{}: {}",
                        attempt.way,
                        attempt.reason.split_whitespace().collect::<Vec<_>>().join(" ")
                    )
                })
                .collect();
            Check::missing(name, format!("{absent}; {}", tried.join("; ")))
                .advise(toolchain::ToolchainError { attempts }.help())
        }
    }
}

fn of_private(name: &'static str, place: &Place, private: Private) -> Check {
    let Private {
        folder: path,
        compiler,
        limits,
    } = private;
    let found = format!(
        "private: {compiler} in {}, {}",
        path.display(),
        size(folder::size(&path))
    );
    let (Some(limits), Some(cache)) = (limits, place.cache.clone()) else {
        return Check::ok(name, found);
    };
    let folder = toolchain::asked_in(&place.folder).to_owned();
    Check::limited(name, format!("{found}; {limits}")).repair(
        "make it again with a newer wasi-libc: 150 MB to download, some minutes",
        move |progress| {
            toolchain::make_anew(&folder, &cache, progress).map_err(anyhow::Error::from_boxed)?;
            Ok(())
        },
    )
}

fn of_linker(folder: &Path) -> Check {
    match toolchain::linker(folder) {
        Ok(path) => Check::ok("rust.component-linker", path.display().to_string()),
        Err(error) => Check::missing("rust.component-linker", error.to_string()).advise(
            "use Rust from https://rustup.rs, or run `cargo install wasm-component-ld` and install your distribution's `lld`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::doctor::Status;

    fn version(said: &str) -> Check {
        of_version("rust.compiler", Ok(said.into()), OLDEST_COMPILER)
    }

    #[test]
    fn an_old_compiler_is_as_good_as_none() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)").status, Status::Ok);
        assert_eq!(version("rustc 2.1.0-nightly (59807616e 2026-04-14)").status, Status::Ok);
        assert_eq!(version("rustc something of one's own").status, Status::Ok);
        let old = version("rustc 1.63.0");
        assert_eq!(old.status, Status::Missing);
        assert_eq!(old.found, format!("rustc 1.63.0 is older than {OLDEST_COMPILER}"));
    }

    #[test]
    fn an_old_wasi_libc_is_told_and_can_be_replaced() {
        let place = Place {
            folder: ".".into(),
            cache: Some("/nowhere".into()),
            language: None,
            state: crate::ops::state::StatePlace::locate(None, Path::new(".")),
        };
        let private = |limits: Option<&str>| Private {
            folder: "/nowhere/toolchain/1.96".into(),
            compiler: "rustc 1.96.0".into(),
            limits: limits.map(str::to_owned),
        };
        assert_eq!(of_private("rust.target", &place, private(None)).status, Status::Ok);
        let old = of_private("rust.target", &place, private(Some("its wasi-libc is of 2022")));
        assert_eq!(old.status, Status::Limited);
        assert!(old.found.ends_with("; its wasi-libc is of 2022"), "{}", old.found);
        assert!(old.remedy.unwrap().repair.is_some());
    }
}
