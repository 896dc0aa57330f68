//! Unpacks sources into the user's cache, once for each version and content.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::embedded::{self, Sources};
use crate::bounded;
use airssys_wasm::component::Digest;

/// How sources are in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unpacked {
    /// As it should be.
    Whole,
    /// Not at all.
    Absent,
    /// Changed by somebody.
    Damaged,
}

/// The workspace below `folder` into which sources are unpacked, and how they are there.
pub(super) fn look(sources: &Sources, folder: &Path) -> anyhow::Result<(PathBuf, Unpacked)> {
    let files = embedded::files(sources)?;
    let workspace = workspace(folder, &files);
    let state = match workspace.exists() {
        false => Unpacked::Absent,
        true if is_whole(&workspace, &files) => Unpacked::Whole,
        true => Unpacked::Damaged,
    };
    Ok((workspace, state))
}

/// Unpacks sources below `folder`, unless they are there already, and returns their workspace.
pub(super) fn unpack(sources: &Sources, folder: &Path) -> anyhow::Result<PathBuf> {
    let files = embedded::files(sources)?;
    let workspace = workspace(folder, &files);
    if is_whole(&workspace, &files) {
        return Ok(workspace);
    }
    write(folder, &workspace, &files)
        .with_context(|| format!("{} could not be unpacked into {}", sources.name, workspace.display()))?;
    Ok(workspace)
}

fn workspace(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> PathBuf {
    folder.join(format!("{}-{}", env!("CARGO_PKG_VERSION"), digest(files).short()))
}

fn digest(files: &BTreeMap<String, Vec<u8>>) -> Digest {
    let mut all = Vec::new();
    for (path, content) in files {
        all.extend_from_slice(path.as_bytes());
        all.extend_from_slice(&(content.len() as u64).to_le_bytes());
        all.extend_from_slice(content);
    }
    Digest::of(&all)
}

/// Caches are cleaned by strangers, so that every file is looked at.
fn is_whole(workspace: &Path, files: &BTreeMap<String, Vec<u8>>) -> bool {
    files.iter().all(|(path, content)| {
        bounded::read(&workspace.join(path), content.len() as u64).is_ok_and(|found| found == *content)
    })
}

fn write(folder: &Path, workspace: &Path, files: &BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let aside = tempfile::tempdir_in(folder)?;
    let fresh = aside.path().join("fresh");
    for (path, content) in files {
        let path = fresh.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&fresh))?;
        fs::write(path, content)?;
    }
    if workspace.exists() {
        // A rename does not replace a folder that has files.
        fs::rename(workspace, aside.path().join("damaged"))?;
    }
    match fs::rename(&fresh, workspace) {
        // Another process was faster, with the same content.
        Err(_) if is_whole(workspace, files) => Ok(()),
        outcome => Ok(outcome?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::sdk::embedded::SDK;

    #[test]
    fn the_sdk_is_unpacked_once_and_mended_when_damaged() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(look(&SDK, folder.path()).unwrap().1, Unpacked::Absent);
        let workspace = unpack(&SDK, folder.path()).unwrap();
        assert_eq!(look(&SDK, folder.path()).unwrap(), (workspace.clone(), Unpacked::Whole));
        let library = workspace.join("sdk/src/lib.rs");
        let written = fs::metadata(&library).unwrap().modified().unwrap();
        assert_eq!(unpack(&SDK, folder.path()).unwrap(), workspace);
        assert_eq!(fs::metadata(&library).unwrap().modified().unwrap(), written);
        fs::remove_file(&library).unwrap();
        assert_eq!(look(&SDK, folder.path()).unwrap().1, Unpacked::Damaged);
        unpack(&SDK, folder.path()).unwrap();
        assert!(library.is_file());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left aside");
    }
}
