//! Reads the log, beside the host that writes it or without one.

use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::entry::AuditEntry;
use super::line::MAX_LINE;
use super::{files, line};
use crate::error::Error;

/// Reads a log as it grows.
#[derive(Debug)]
pub struct AuditReader {
    folder: PathBuf,
    /// The file that is read, by its first entry; how far; and how many lines that is.
    file: u64,
    position: u64,
    line: u64,
}

/// A line that is no entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unreadable {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
}

impl AuditReader {
    /// Reads the log in a state directory from its beginning.
    pub fn new(state_dir: &Path) -> Self {
        Self {
            folder: files::folder(state_dir),
            file: 0,
            position: 0,
            line: 0,
        }
    }

    /// The entries that came after those that were returned, of one file at most; none when there are no new ones.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when a file cannot be read.
    #[expect(clippy::should_implement_trait, reason = "it does not end where nothing is new")]
    pub fn next(&mut self) -> Result<Vec<Result<AuditEntry, Unreadable>>, Error> {
        let mut read = || -> io::Result<Vec<Result<AuditEntry, Unreadable>>> {
            loop {
                let firsts = files::firsts(&self.folder)?;
                if firsts.contains(&self.file) {
                    let entries = self.rest()?;
                    if !entries.is_empty() {
                        return Ok(entries);
                    }
                }
                // A file is whole when there is a next one.
                let Some(next) = firsts.into_iter().find(|first| *first > self.file) else {
                    return Ok(Vec::new());
                };
                // What was written between looking and finding the next one comes first.
                if self.position > 0 {
                    let entries = self.rest()?;
                    if !entries.is_empty() {
                        return Ok(entries);
                    }
                }
                (self.file, self.position, self.line) = (next, 0, 0);
            }
        };
        read().map_err(|error| Error::store("reading the audit log", error))
    }

    /// The rest of the file, as far as its lines are whole.
    fn rest(&mut self) -> io::Result<Vec<Result<AuditEntry, Unreadable>>> {
        let mut file = match files::open(&files::path(&self.folder, self.file)) {
            // It was removed meanwhile, as the policy may say.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            file => file?,
        };
        file.seek(SeekFrom::Start(self.position))?;
        let (mut lines, mut entries, mut bytes) = (BufReader::new(file), Vec::new(), Vec::new());
        loop {
            bytes.clear();
            let length = lines.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut bytes)?;
            let mut skipped = 0;
            if length > MAX_LINE && !bytes.ends_with(b"\n") {
                // A line that is too long is no entry, wherever it ends.
                skipped = lines.skip_until(b'\n')?;
            } else if !bytes.ends_with(b"\n") {
                return Ok(entries);
            }
            self.position += (length + skipped) as u64;
            self.line += 1;
            let entry = bytes.strip_suffix(b"\n").and_then(line::entry);
            entries.push(entry.ok_or_else(|| Unreadable {
                file: files::name(self.file),
                line: self.line,
            }));
        }
    }
}
