//! Says whether a log is what a host has written, and where it is not.

mod check;

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::check::Check;
use super::checkpoint::Checkpoint;
use super::files;
use super::hash::Hash;
use super::key::PublicKey;
use super::status::AuditHead;
use crate::error::Error;

/// What is known of a log from elsewhere.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Expected {
    /// The key that has to have signed it: the present one, or an earlier one that was rotated.
    pub key: Option<PublicKey>,
    /// What the store of the host knows of it.
    pub recorded: Option<AuditHead>,
    /// Whether its store has to know it.
    pub is_recorded: bool,
    /// A checkpoint that was kept elsewhere.
    pub checkpoint: Option<Checkpoint>,
}

/// What became of verifying a log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verification {
    /// Which log it is; none when it does not say.
    pub origin: Option<String>,
    /// How many entries it has, those that were removed as intended included.
    pub size: u64,
    /// The hash of the last entry.
    pub root: Hash,
    /// How many files it has.
    pub files: u64,
    /// The last entry that was removed as intended, with all before it; 0 when none was.
    pub removed: u64,
    /// Up to which entry it is signed.
    pub signed: u64,
    /// How many entries could not be written, as the log says.
    pub lost: u64,
    /// What is wrong with it; it is as it was written when there is nothing.
    pub problems: Vec<Problem>,
}

/// Something that is wrong with a log, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Problem {
    /// The file; none when it is about the whole log.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u64>,
    /// The number of the entry, as it says or should be.
    #[serde(rename = "seq")]
    pub sequence: Option<u64>,
    /// What is wrong.
    pub what: String,
}

impl Verification {
    /// Whether nothing is wrong.
    pub fn is_intact(&self) -> bool {
        self.problems.is_empty()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            f.write_str(file)?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
            f.write_str(": ")?;
        }
        if let Some(sequence) = self.sequence {
            write!(f, "entry {sequence}: ")?;
        }
        f.write_str(&self.what)
    }
}

/// Verifies the log in a state directory.
///
/// A host that writes meanwhile does not disturb it, when what is expected was asked before.
///
/// # Errors
///
/// [`Error::Store`] when the folder cannot be read; a file that cannot be read is a problem of the log.
pub fn verify(state_dir: &Path, expected: &Expected) -> Result<Verification, Error> {
    let folder = files::folder(state_dir);
    let mut attempts = 0;
    loop {
        attempts += 1;
        let names = files::names(&folder).map_err(|error| Error::store("reading the audit log", error))?;
        let mut is_gone = false;
        let files = names.into_iter().map(|name| {
            let bytes = settled(&folder.join(&name));
            is_gone |= matches!(&bytes, Err(error) if error.kind() == io::ErrorKind::NotFound);
            (name, bytes)
        });
        let found = verify_files(files, expected);
        // A host that removes its oldest files has said so by then, in a file that was read before.
        if !is_gone || attempts == ATTEMPTS {
            return Ok(found);
        }
    }
}

/// How often it is tried when files go meanwhile.
const ATTEMPTS: u32 = 5;

/// How long a host takes at most for a line.
const PATIENCE: Duration = Duration::from_millis(50);

/// The bytes of a file; a line that a host is just writing is waited for.
fn settled(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = files::read(path)?;
    if bytes.is_empty() || bytes.ends_with(b"\n") {
        return Ok(bytes);
    }
    std::thread::sleep(PATIENCE);
    let again = files::read(path)?;
    // What came after the line is for another time, when it is cut in its turn.
    let whole = again.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    Ok(match whole > bytes.len() {
        true => again[..whole].to_vec(),
        false => again,
    })
}

/// Verifies a log whose files are these, by their names and in the order of those.
pub fn verify_files(
    files: impl IntoIterator<Item = (String, io::Result<Vec<u8>>)>,
    expected: &Expected,
) -> Verification {
    let mut check = Check::new(expected);
    for (name, bytes) in files {
        check.file(name, bytes);
    }
    check.end()
}
