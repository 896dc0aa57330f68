//! Where the log is: files that are named by their first entry, each going on where the one before ends.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// The most bytes of one file that are read: many times what a host writes into one.
const MOST: u64 = 1 << 30;

/// The folder of the log in a state directory.
pub(super) fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join("audit")
}

/// The file that begins with this entry.
pub(super) fn path(folder: &Path, first: u64) -> PathBuf {
    folder.join(name(first))
}

pub(super) fn name(first: u64) -> String {
    format!("{first:020}.jsonl")
}

/// The first entry of a file, by its name.
pub(super) fn first_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".jsonl")?;
    let is_number = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// The names of all files in the folder, in their order; none when there is no folder.
pub(super) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The first entries of all files of the log, in their order.
pub(super) fn firsts(folder: &Path) -> io::Result<Vec<u64>> {
    Ok(names(folder)?.iter().filter_map(|name| first_of(name)).collect())
}

/// Makes the folder, which nobody else may enter.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // What lies there already may come from elsewhere, as the whole directory may.
    match folder.symlink_metadata()?.is_dir() {
        true => Ok(()),
        false => Err(io::ErrorKind::NotADirectory.into()),
    }
}

/// Opens a file to read it.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(no_links()).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no file")),
    }
}

pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a file to append to it; a new one is there for good when this returns.
pub(super) fn append(folder: &Path, first: u64) -> io::Result<File> {
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(no_links())
        .open(path(folder, first))?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    File::open(folder)?.sync_all()?;
    Ok(file)
}

/// Neither follows a link nor waits for the other end of a pipe.
fn no_links() -> i32 {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    i32::try_from(flags.bits()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_the_first_entry_and_nothing_else_does() {
        assert_eq!(first_of(&name(17)), Some(17));
        for other in [
            "17.jsonl",
            "0000000000000000001x.jsonl",
            "00000000000000000017.json",
            "",
        ] {
            assert_eq!(first_of(other), None, "{other}");
        }
    }
}
