//! Unpacks downloaded packages into a folder, without installing them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::toolchain::Progress;
use crate::toolchain::error::StepError;
use crate::toolchain::run::{RunError, run};

/// One package, on a slow disk.
const LIMIT: Duration = Duration::from_secs(600);

/// The library out of the compiler's source package, which has ten times as many files.
///
/// A pipe of two programs needs a shell; a torn stream from the first one makes the second one fail.
const LIBRARY_ONLY: &str = r#"dpkg-deb --fsys-tarfile "$1" | tar --extract --directory "$2" --wildcards \
    --exclude '*/library/vendor' './usr/src/*/library/*' './usr/lib/rustlib/src/*'"#;

/// Unpacks all packages in `downloads` into `root`, running none of their scripts; of `source` only the library.
pub(super) fn unpack(downloads: &Path, root: &Path, source: &str, progress: &dyn Progress) -> Result<(), StepError> {
    let entries = downloads.read_dir().map_err(StepError::file("read", downloads))?;
    let mut packages: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    packages.retain(|path| path.extension() == Some(OsStr::new("deb")));
    let total = packages.len() as u64;
    for (done, package) in (0..).zip(&packages) {
        progress.fraction(done, total);
        if name(package) == source {
            library(package, root)
        } else {
            whole(package, root)
        }?;
    }
    progress.fraction(total, total);
    Ok(())
}

fn whole(package: &Path, root: &Path) -> Result<(), RunError> {
    let mut command = Command::new("dpkg");
    command.arg("--extract").arg(package).arg(root);
    run("dpkg --extract", &mut command, LIMIT).map(drop)
}

fn library(package: &Path, root: &Path) -> Result<(), RunError> {
    let mut command = Command::new("sh");
    command.args(["-c", LIBRARY_ONLY, "sh"]).arg(package).arg(root);
    run("dpkg-deb --fsys-tarfile | tar", &mut command, LIMIT).map(drop)
}

/// A package's file is named `<name>_<version>_<architecture>.deb`.
fn name(package: &Path) -> String {
    let file = package.file_name().unwrap_or_default().to_string_lossy();
    file.split('_').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_named_by_its_file() {
        assert_eq!(
            name(Path::new("d/rust-web-src_1.96.0+dfsg1-1~deb12u2_all.deb")),
            "rust-web-src"
        );
    }
}
