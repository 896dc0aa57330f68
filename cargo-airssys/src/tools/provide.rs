//! Finds tools, or installs them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::place::Set;
use super::{Registry, Tool, ToolError, npm, pip};
use crate::toolchain::{Progress, folder_size, run_watched};

/// Written last into finished tools: a folder without it is not used.
pub(super) const STAMP: &str = ".installed";

/// A slow network must not be taken for a missing one.
const LIMIT: Duration = Duration::from_secs(900);

/// How often is looked how much has arrived.
const LOOK: Duration = Duration::from_secs(1);

/// The folders of the programs of these tools, found or installed; the first counts most.
///
/// `cache` is a folder of this program that outlives the project: tools that are installed go to its subfolder `tools`,
/// and are found again without any network.
/// `progress` is told what is going to be downloaded before it is.
pub fn provide(
    tools: &[Tool],
    project: &Path,
    cache: &Path,
    progress: &dyn Progress,
) -> Result<Vec<PathBuf>, ToolError> {
    let provide = |set: &Set| match set.in_project(project) {
        Some(programs) => Ok(programs),
        None => Ok(set.programs(&installed(set, cache, progress)?)),
    };
    Set::of(tools).iter().map(provide).collect()
}

/// The folder of a set in the cache, installed there unless it is already.
fn installed(set: &Set, cache: &Path, progress: &dyn Progress) -> Result<PathBuf, ToolError> {
    let folder = set.folder(cache);
    if is_whole(set, &folder) {
        return Ok(folder);
    }
    let refused = |source| ToolError::Folder {
        folder: folder.clone(),
        source,
    };
    fs::create_dir_all(cache.join("tools")).map_err(refused)?;
    // Another process may be installing the same; what it leaves is used then.
    let _lock = lock(&folder).map_err(refused)?;
    if is_whole(set, &folder) {
        return Ok(folder);
    }
    // What a killed process left.
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(refused)?;
    }
    progress.step(&announcement(set, &folder));
    let installer = Installer {
        set,
        folder: &folder,
        progress,
    };
    match set.registry {
        Registry::Pip => pip::install(set, &folder, &installer)?,
        Registry::Npm => npm::install(set, &folder, &installer)?,
    }
    // What has run may have done something else.
    if let Some(absent) = set.absent_in(&folder) {
        return Err(ToolError::Installation {
            wanted: set.label(),
            reason: format!("{} {} is not there afterwards", absent.package, absent.version),
        });
    }
    fs::write(folder.join(STAMP), "").map_err(refused)?;
    Ok(folder)
}

/// Whether everything was installed, and the interpreter that it was installed for is still there.
pub(super) fn is_whole(set: &Set, folder: &Path) -> bool {
    let interpreter = match set.registry {
        Registry::Pip => folder.join("bin/python"),
        Registry::Npm => folder.join("node_modules"),
    };
    folder.join(STAMP).is_file() && interpreter.exists() && set.absent_in(folder).is_none()
}

/// What is going to be installed, and how much it is.
pub(super) fn announcement(set: &Set, folder: &Path) -> String {
    let from = match set.registry {
        Registry::Pip => "PyPI",
        Registry::Npm => "npm",
    };
    let amount = match set.size() {
        Some(size) => format!(
            "about {} MB to download, {} MB on disk",
            size.download >> 20,
            size.disk >> 20
        ),
        None => "of a size that is not known here".into(),
    };
    format!("install {} from {from}, {amount}, in {}", set.label(), folder.display())
}

fn lock(folder: &Path) -> io::Result<File> {
    let lock = File::create(folder.with_added_extension("lock"))?;
    lock.lock()?;
    Ok(lock)
}

/// A program that installs.
pub(super) struct Step {
    /// What it does.
    pub(super) said: &'static str,
    /// Whether the folder hardly grows by it.
    pub(super) no_growth: bool,
}

/// Runs what installs, and tells how far it is.
pub(super) struct Installer<'a> {
    set: &'a Set,
    folder: &'a Path,
    progress: &'a dyn Progress,
}

impl Installer<'_> {
    pub(super) fn run(&self, step: Step, command: &mut Command) -> Result<(), ToolError> {
        let label = self.set.label();
        self.progress.step(&format!("{label}: {}", step.said));
        let whole = self.set.size().filter(|_| !step.no_growth).map(|size| size.disk);
        let mut looked = Instant::now();
        let mut tick = || {
            if let Some(whole) = whole
                && looked.elapsed() >= LOOK
            {
                self.progress.fraction(folder_size(self.folder).min(whole), whole);
                looked = Instant::now();
            }
        };
        let failed = |error: &dyn std::fmt::Display| ToolError::Installation {
            wanted: label.clone(),
            reason: error.to_string(),
        };
        let name = command.get_program().to_string_lossy().into_owned();
        let name = Path::new(&name)
            .file_name()
            .map_or(name.clone(), |name| name.to_string_lossy().into_owned());
        match run_watched(&name, command, LIMIT, &mut tick) {
            Ok(_) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_announced_before_anything_is_downloaded() {
        let set = &Set::of(&["pip:componentize-py@0.25.1".parse().unwrap()])[0];
        let text = announcement(set, Path::new("/c/tools/x"));
        assert_eq!(
            text,
            "install componentize-py 0.25.1 from PyPI, about 33 MB to download, 75 MB on disk, in /c/tools/x"
        );
        let set = &Set::of(&["npm:left-pad@1.0.0".parse().unwrap()])[0];
        assert!(announcement(set, Path::new("/c")).contains("of a size that is not known here"));
    }

    #[test]
    fn a_folder_that_was_left_half_done_is_not_used() {
        let cache = tempfile::tempdir().unwrap();
        let set = &Set::of(&["npm:left-pad@1.0.0".parse().unwrap()])[0];
        let folder = set.folder(cache.path());
        let package = folder.join("node_modules/left-pad");
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("package.json"), "{\"version\": \"1.0.0\"}").unwrap();
        assert!(!is_whole(set, &folder));
        fs::write(folder.join(STAMP), "").unwrap();
        assert!(is_whole(set, &folder));
        // What is stamped and not what was wanted came from elsewhere.
        fs::write(package.join("package.json"), "{\"version\": \"1.0.1\"}").unwrap();
        assert!(!is_whole(set, &folder));
        fs::remove_dir_all(folder.join("node_modules")).unwrap();
        assert!(!is_whole(set, &folder));
    }
}
