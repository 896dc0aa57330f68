//! Keeps finished toolchains: found without a network, made once, never used half-made.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{assemble, compiler, linker};
use crate::bounded;
use crate::toolchain::error::StepError;
use crate::toolchain::rust::Toolchain;
use crate::toolchain::{Private, Progress, TARGET, installed};

/// Raised with every change of what `assemble` makes, so that an older folder is made anew.
const RECIPE: u32 = 1;

/// Written last into a finished toolchain: a folder without it is not one.
const STAMP: &str = "toolchain.json";

/// The file that whoever makes a toolchain holds a lock on.
pub(super) const LOCK: &str = "lock";

/// Folders being made; one that is left over belongs to a process that was killed.
pub(super) const UNFINISHED: &str = ".unfinished-";

/// What is known of a finished toolchain without running it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stamp {
    recipe: u32,
    /// The compiler's own version line.
    compiler: String,
    /// The version of wasi-libc, and where it came from.
    libc: String,
    /// What components cannot do because of an old wasi-libc.
    limits: Option<String>,
}

/// The newest finished toolchain in the cache whose linker is, or can again be made, reachable.
pub(in crate::toolchain) fn find(project: &Path, cache: &Path) -> Option<Toolchain> {
    let finished = finished(&folder(cache)).into_iter();
    finished.rev().find_map(|(path, stamp)| open(project, &path, &stamp))
}

/// The toolchain that [`find`] would find; makes nothing reachable.
pub(in crate::toolchain) fn look(project: &Path, cache: &Path) -> Option<Private> {
    let usable =
        |(path, _): &(PathBuf, Stamp)| is_whole(path) && linker::can_connect(project, &path.join(compiler::ROOT));
    let (folder, stamp) = finished(&folder(cache)).into_iter().rev().find(usable)?;
    Some(Private {
        folder,
        compiler: stamp.compiler,
        limits: stamp.limits,
    })
}

/// Every finished toolchain of this recipe in a folder of toolchains, the newest last.
pub(super) fn finished(folder: &Path) -> Vec<(PathBuf, Stamp)> {
    let finished = |path: PathBuf| -> Option<(SystemTime, PathBuf, Stamp)> {
        let hidden = path.file_name()?.as_encoded_bytes().starts_with(b".");
        let path = fs::canonicalize(&path).ok()?;
        let made = fs::metadata(path.join(STAMP)).ok()?.modified().ok()?;
        let stamp: Stamp = serde_json::from_slice(bounded::text(&path.join(STAMP))?.as_bytes()).ok()?;
        (stamp.recipe == RECIPE && !hidden).then_some((made, path, stamp))
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries.filter_map(|entry| finished(entry.path())).collect();
    found.sort_by_key(|(made, ..)| *made);
    found.into_iter().map(|(_, path, stamp)| (path, stamp)).collect()
}

/// Whether a finished toolchain has not been damaged since.
pub(super) fn is_whole(path: &Path) -> bool {
    let libraries = compiler::libraries(&path.join(compiler::ROOT));
    path.join(compiler::SCRIPT).is_file() && installed::has_standard_library(&libraries)
}

/// Makes a toolchain, or waits for another process that is making it.
pub(in crate::toolchain) fn make(
    project: &Path,
    cache: &Path,
    progress: &dyn Progress,
) -> Result<Toolchain, StepError> {
    let folder = prepared(cache)?;
    let _lock = lock(&folder, progress)?;
    if let Some(toolchain) = find(project, cache) {
        return Ok(toolchain);
    }
    make_under_lock(&folder, project, cache, progress)
}

/// Makes a toolchain although there is one, which serves until the new one is finished.
pub(in crate::toolchain) fn make_anew(
    project: &Path,
    cache: &Path,
    progress: &dyn Progress,
) -> Result<Toolchain, StepError> {
    let folder = prepared(cache)?;
    let _lock = lock(&folder, progress)?;
    make_under_lock(&folder, project, cache, progress)
}

/// The folder of toolchains, made on a machine where one can be.
fn prepared(cache: &Path) -> Result<PathBuf, StepError> {
    let folder = folder(cache);
    assemble::check_machine()?;
    fs::create_dir_all(&folder).map_err(StepError::file("create", &folder))?;
    // Compiler and apt are started in other folders, where a relative path means something else.
    fs::canonicalize(&folder).map_err(StepError::file("resolve", &folder))
}

fn make_under_lock(
    folder: &Path,
    project: &Path,
    cache: &Path,
    progress: &dyn Progress,
) -> Result<Toolchain, StepError> {
    remove_unfinished(folder);

    let unfinished = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(folder)
        .map_err(StepError::file("create a folder in", folder))?;
    let made = assemble::assemble(project, unfinished.path(), progress)?;
    let stamp = Stamp {
        recipe: RECIPE,
        compiler: made.version.line,
        libc: made.libc.version,
        limits: made.libc.limits,
    };
    let path = unfinished.path().join(STAMP);
    let text = serde_json::to_vec_pretty(&stamp).map_err(|error| StepError::Unfit(error.to_string()))?;
    fs::write(&path, text).map_err(StepError::file("write", &path))?;

    let finished = folder.join(format!("{}{}", made.version.key, ending()));
    if finished.exists() {
        // It is damaged, or is to be replaced.
        fs::remove_dir_all(&finished).map_err(StepError::file("remove", &finished))?;
    }
    fs::rename(unfinished.keep(), &finished).map_err(StepError::file("rename", &finished))?;
    find(project, cache).ok_or_else(|| StepError::Unfit(format!("{} cannot be used", finished.display())))
}

/// How the names of folders of this recipe end.
fn ending() -> String {
    format!("-r{RECIPE}")
}

/// Whether a folder was made, or begun, by this recipe; by its name, which says so without a stamp as well.
pub(super) fn is_of_this_recipe(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().ends_with(&ending()))
}

pub(super) fn folder(cache: &Path) -> PathBuf {
    cache.join("toolchain")
}

fn open(project: &Path, path: &Path, stamp: &Stamp) -> Option<Toolchain> {
    let root = path.join(compiler::ROOT);
    let rustc = path.join(compiler::SCRIPT);
    if !is_whole(path) || linker::connect(project, &root).is_err() {
        return None;
    }
    let limits = stamp
        .limits
        .as_ref()
        .map(|limits| format!("; {limits}"))
        .unwrap_or_default();
    let description = format!(
        "{} with a standard library for {TARGET} built from source and wasi-libc {}, in {}{limits}",
        stamp.compiler,
        stamp.libc,
        path.display(),
    );
    Some(Toolchain::private(
        rustc,
        path.file_name()?.to_string_lossy().into_owned(),
        description,
    ))
}

pub(super) fn lock(folder: &Path, progress: &dyn Progress) -> Result<File, StepError> {
    let path = folder.join(LOCK);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(StepError::file("open", &path))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => progress.step("waiting for another process that is making the toolchain"),
        Err(TryLockError::Error(error)) => return Err(StepError::file("lock", &path)(error)),
    }
    file.lock().map_err(StepError::file("lock", &path))?;
    Ok(file)
}

/// Called under the lock, so none of them is in use.
fn remove_unfinished(folder: &Path) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            // What cannot be removed only takes room.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_stamp_of_this_recipe_is_not_found() {
        let cache = tempfile::tempdir().unwrap();
        let toolchain = cache.path().join("toolchain/1.96.0-r0");
        fs::create_dir_all(&toolchain).unwrap();
        assert!(find(Path::new("."), cache.path()).is_none());
        let old = Stamp {
            recipe: RECIPE + 1,
            compiler: String::new(),
            libc: String::new(),
            limits: None,
        };
        fs::write(toolchain.join(STAMP), serde_json::to_vec(&old).unwrap()).unwrap();
        assert!(find(Path::new("."), cache.path()).is_none());
    }

    #[test]
    fn leftovers_of_killed_processes_are_removed() {
        let cache = tempfile::tempdir().unwrap();
        fs::create_dir_all(cache.path().join(".unfinished-x/root")).unwrap();
        fs::create_dir_all(cache.path().join("1.96.0-r1")).unwrap();
        remove_unfinished(cache.path());
        assert!(!cache.path().join(".unfinished-x").exists());
        assert!(cache.path().join("1.96.0-r1").exists());
    }
}
