//! A log is opened: where it ends, what a crash has left of it, and whether it is what is known of it.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use chrono::Utc;
use ed25519_dalek::SigningKey;

use super::entry::Recorded;
use super::hash::Hash;
use super::key::{self, PublicKey, key_files};
use super::log::{Happened, Log};
use super::status::AuditHead;
use super::trail::Opening;
use super::{files, line};
use crate::component::hexadecimal;

/// The highest number that an entry may have for the log to go on after it: no host gets there.
const MOST: u64 = u64::MAX / 2;

/// Where a log ends.
#[derive(Default)]
struct End {
    size: u64,
    root: Hash,
    /// The file that goes on, and its bytes.
    file: Option<(u64, u64)>,
    /// Bytes that were no whole line.
    cut: u64,
    /// What the log says itself, and what was said last.
    origin: Option<String>,
    key: Option<PublicKey>,
    /// Whether the last entry is a checkpoint.
    is_signed: bool,
}

/// Opens the log, and makes it when it is missing; returns what is to be recorded of that.
pub(super) fn open(opening: &Opening) -> io::Result<(Log, Vec<Happened>)> {
    let folder = files::folder(&opening.state_dir);
    files::make(&folder)?;
    let end = find_end(&folder)?;
    let recorded = opening.recorded.as_ref();
    let origin = match recorded.map(|recorded| recorded.origin.clone()).or(end.origin.clone()) {
        Some(origin) => origin,
        None => new_origin()?,
    };
    let (key_file, public_file) = key_files(&opening.cache_key, &origin);
    // The one before, when a process ended while it was replaced.
    let before = key::load(&key_file)?.as_ref().map(PublicKey::of);
    let key = key_of(&key_file, end.key)?;
    key::publish(&public_file, &key)?;
    let public = PublicKey::of(&key);
    let mut first = Vec::new();
    if end.size == 0 {
        let origin = origin.clone();
        first.push(Recorded::LogBegun { origin, key: public });
    } else if end.key != Some(public) {
        first.push(Recorded::KeyReplaced { key: public });
    }
    if end.cut > 0 {
        first.push(Recorded::TailCut { bytes: end.cut });
    }
    let is_own =
        |recorded: &AuditHead| recorded.is_signed() && [Some(public), end.key, before].contains(&Some(recorded.key));
    let is_as_known = |recorded: &AuditHead| {
        is_own(recorded) && is_kept(&folder, recorded) && !(recorded.is_closed && end.size > recorded.size)
    };
    let known = recorded.filter(|recorded| is_as_known(recorded));
    // The store knows of a log before its first entry is written.
    if known.is_none() && (recorded.is_some() || end.size > 0) {
        first.push(Recorded::Broken {
            recorded_size: recorded.map_or(0, |recorded| recorded.size),
            recorded_root: recorded.map_or_else(Hash::default, |recorded| recorded.root),
            found_size: end.size,
        });
    }
    // From here on entries come again. What is not as it is known stays until a checkpoint takes its place.
    let head = match (known, recorded) {
        (Some(known), _) if known.is_closed => Some(known.clone()),
        (None, None) if end.size == 0 => Some(AuditHead {
            origin: origin.clone(),
            size: 0,
            root: Hash::default(),
            key: public,
            is_closed: false,
            signature: None,
        }),
        _ => None,
    };
    if let Some(head) = head {
        let is_closed = false;
        (opening.anchor)(&AuditHead { is_closed, ..head }.signed(&key))?;
    }
    let file = end.file.map(|(first, _)| files::append(&folder, first)).transpose()?;
    let log = Log {
        folder,
        file,
        bytes: end.file.map_or(0, |(_, bytes)| bytes),
        is_torn: false,
        origin,
        size: end.size,
        root: end.root,
        key,
        key_file,
        signed: if end.is_signed { end.size } else { 0 },
        keep_files: opening.policy.keep_files,
        is_new_file: true,
        anchor: opening.anchor.clone(),
        is_closed: false,
        tuning: opening.tuning.clone(),
    };
    Ok((log, first.into_iter().map(|recorded| (Utc::now(), recorded)).collect()))
}

fn find_end(folder: &Path) -> io::Result<End> {
    let mut end = End::default();
    for (index, first) in files::firsts(folder)?.into_iter().rev().enumerate() {
        let path = files::path(folder, first);
        let bytes = files::read(&path)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if index == 0 {
            end.file = Some((first, whole as u64));
            end.cut = (bytes.len() - whole) as u64;
            if end.cut > 0 {
                let file = OpenOptions::new().write(true).open(&path)?;
                file.set_len(whole as u64)?;
            }
        }
        end.read(first, &bytes[..whole]);
        if end.size > 0 {
            break;
        }
    }
    // Where the last lines are no entries, or the names do not fit, the log goes on in a new file.
    let goes_on = |(first, bytes): (u64, u64)| bytes > 0 || first == end.size + 1;
    end.file = end.file.filter(|file| goes_on(*file) && end.root != Hash::default());
    Ok(end)
}

impl End {
    /// Reads the whole lines of a file from its end, up to one that names the log's key.
    fn read(&mut self, first: u64, whole: &[u8]) {
        let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
        for (unread, line) in lines.iter().rev().enumerate() {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            if self.size == 0
                && let (Some(last), Some(entry)) = (line::Line::read(line), line::entry(line))
            {
                // Lines that are no entries have their numbers, and nothing follows from them.
                self.size = entry.sequence.min(MOST).saturating_add(unread as u64);
                self.root = if unread == 0 { last.hash } else { Hash::default() };
                self.is_signed = unread == 0 && matches!(entry.recorded, Recorded::Checkpoint { .. });
            }
            if self.key.is_none() && std::str::from_utf8(line).is_ok_and(|line| line.contains("\"ed25519:")) {
                match line::entry(line).map(|entry| entry.recorded) {
                    Some(Recorded::LogBegun { origin, key } | Recorded::Checkpoint { origin, key, .. }) => {
                        (self.origin, self.key) = (Some(origin), Some(key));
                    }
                    Some(Recorded::KeyRotated { key, .. } | Recorded::KeyReplaced { key }) => self.key = Some(key),
                    _ => {}
                }
            }
            if self.size > 0 && self.key.is_some() && self.origin.is_some() {
                return;
            }
        }
        if self.size == 0 && !lines.is_empty() {
            self.size = first.min(MOST).saturating_add(lines.len() as u64 - 1);
        }
    }
}

/// Whether what is known of the log is still in it.
fn is_kept(folder: &Path, recorded: &AuditHead) -> bool {
    let root = || -> Option<Hash> {
        let firsts = files::firsts(folder).ok()?;
        let first = firsts.into_iter().rfind(|first| *first <= recorded.size)?;
        let bytes = files::read(&files::path(folder, first)).ok()?;
        let index = usize::try_from(recorded.size - first).ok()?;
        let line = bytes.split(|byte| *byte == b'\n').nth(index)?;
        let is_it = line::entry(line).is_some_and(|entry| entry.sequence == recorded.size);
        line::Line::read(line).filter(|_| is_it).map(|line| line.hash)
    };
    recorded.size == 0 || root() == Some(recorded.root)
}

/// The key of the log: the one in its file, or the one that was to come after it when a process ended meanwhile.
fn key_of(file: &Path, expected: Option<PublicKey>) -> io::Result<SigningKey> {
    let found = key::load(file)?;
    if let Some(key) = found
        .as_ref()
        .filter(|key| expected.is_none_or(|expected| expected == PublicKey::of(key)))
    {
        return Ok(key.clone());
    }
    let next_file = file.with_extension("next");
    if let Some(next) = key::load(&next_file)?.filter(|next| expected == Some(PublicKey::of(next))) {
        fs::rename(next_file, file)?;
        return Ok(next);
    }
    found.map_or_else(|| key::make(file), Ok)
}

fn new_origin() -> io::Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(hexadecimal(&random))
}
