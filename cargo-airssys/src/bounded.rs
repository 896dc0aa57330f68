//! Reading files of which nobody knows who made them: nothing that has no end, and no more than is wanted.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

/// The longest text that is read: a manifest, a configuration, a file of WIT.
pub(crate) const MAX_TEXT: u64 = 1 << 20;

/// The largest component or module that is read, as a host takes it.
pub(crate) const MAX_COMPONENT: u64 = 64 << 20;

/// Reads a regular file that has at most so many bytes.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path, most)?;
    let mut bytes = Vec::new();
    // A file may grow while it is read.
    match file.take(most + 1).read_to_end(&mut bytes)? as u64 > most {
        true => Err(oversized(most)),
        false => Ok(bytes),
    }
}

/// Opens such a file.
pub(crate) fn open(path: &Path, most: u64) -> io::Result<File> {
    // Looked at before, because opening a device may already do something, and opening a pipe may wait for ever.
    check(path, most)?;
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default(),
    );
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(irregular()),
    }
}

/// The text of such a file; none when it cannot be read, or is too long for one.
pub(crate) fn text(path: &Path) -> Option<String> {
    String::from_utf8(read(path, MAX_TEXT).ok()?).ok()
}

/// Refuses what is no regular file, or has more bytes, before somebody else reads it.
pub(crate) fn check(path: &Path, most: u64) -> io::Result<()> {
    let found = fs::metadata(path)?;
    match found.len() {
        _ if !found.is_file() => Err(irregular()),
        length if length > most => Err(oversized(most)),
        _ => Ok(()),
    }
}

fn irregular() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "it is no regular file")
}

fn oversized(most: u64) -> io::Error {
    let reason = format!(
        "it has more than {} MiB, the most that is read of such a file",
        most >> 20
    );
    io::Error::new(ErrorKind::FileTooLarge, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_are_read_and_no_more_than_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let sized = |name: &str, bytes: u64| File::create(place(name)).unwrap().set_len(bytes).unwrap();
        sized("longest", MAX_TEXT);
        sized("longer", MAX_TEXT + 1);
        sized("huge", 1 << 40);
        std::os::unix::fs::symlink("/dev/zero", place("endless")).unwrap();
        std::os::unix::fs::symlink("longest", place("link")).unwrap();
        let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU);
        rustix::fs::mknodat(rustix::fs::CWD, place("pipe"), kind, mode, 0).unwrap();
        for name in ["longest", "link"] {
            assert_eq!(read(&place(name), MAX_TEXT).unwrap().len() as u64, MAX_TEXT, "{name}");
        }
        for name in ["longer", "huge"] {
            let error = read(&place(name), MAX_TEXT).unwrap_err();
            assert!(error.to_string().contains("more than 1 MiB"), "{name}: {error}");
            assert_eq!(text(&place(name)), None);
        }
        for name in ["endless", "pipe", "."] {
            let error = read(&place(name), MAX_TEXT).unwrap_err();
            assert!(error.to_string().contains("no regular file"), "{name}: {error}");
        }
        // What grows while it is read, as the files of the system do that have no length.
        assert!(read(Path::new("/proc/self/maps"), 16).is_err());
    }
}
