//! An entry as a line of a file: an object of JSON whose last member is its hash.

use super::entry::AuditEntry;
use super::hash::Hash;

/// The longest line, in bytes, without its end.
pub const MAX_LINE: usize = 8 << 10;

/// What comes before the hash in a line.
const MARK: &[u8] = b",\"hash\":\"";
/// What ends a line.
const END: &[u8] = b"\"}";
/// The hexadecimal digits of a hash.
const DIGITS: usize = 64;

/// An entry as a line, with the end of the line, and its hash.
///
/// The hash covers the hash before it and all of the line that comes before its own.
pub(super) fn write(before: &Hash, entry: &AuditEntry) -> std::io::Result<(Vec<u8>, Hash)> {
    let mut line = serde_json::to_vec(entry)?;
    // The brace that closes the object comes after the hash.
    line.pop();
    let hash = Hash::after(before, &line);
    line.extend_from_slice(MARK);
    line.extend_from_slice(hash.to_string().as_bytes());
    line.extend_from_slice(END);
    if line.len() > MAX_LINE {
        return Err(std::io::Error::other("an entry is longer than a line may be"));
    }
    line.push(b'\n');
    Ok((line, hash))
}

/// A line that has the form of one.
pub(super) struct Line<'a> {
    /// What its hash covers.
    covered: &'a [u8],
    /// The hash that it says it has.
    pub(super) hash: Hash,
}

impl<'a> Line<'a> {
    /// Takes a line apart, which has no end any more; none when it is none of ours.
    pub(super) fn read(line: &'a [u8]) -> Option<Self> {
        if line.len() > MAX_LINE {
            return None;
        }
        let rest = line.strip_suffix(END)?;
        let (rest, digits) = rest.split_at_checked(rest.len().checked_sub(DIGITS)?)?;
        Some(Self {
            covered: rest.strip_suffix(MARK)?,
            hash: std::str::from_utf8(digits).ok()?.parse().ok()?,
        })
    }

    /// Whether its hash is right when that of the line before is `before`.
    pub(super) fn follows(&self, before: &Hash) -> bool {
        Hash::after(before, self.covered) == self.hash
    }
}

/// The entry in a line.
pub(super) fn entry(line: &[u8]) -> Option<AuditEntry> {
    let fits = line.len() <= MAX_LINE;
    fits.then(|| serde_json::from_slice(line).ok()).flatten()
}
