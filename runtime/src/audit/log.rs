//! The log as it is written: entries, checkpoints, files.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ed25519_dalek::SigningKey;

use super::checkpoint::{Checkpoint, rotation, sign};
use super::entry::{AuditEntry, Recorded};
use super::hash::Hash;
use super::key::{self, PublicKey};
use super::status::AuditHead;
use super::trail::Tuning;
use super::{files, line};

/// Where size and last hash are kept beside the log.
pub(crate) type Anchor = Arc<dyn Fn(&AuditHead) -> io::Result<()> + Send + Sync>;

/// A log that is open, and how far it is.
pub(super) struct Log {
    pub(super) folder: PathBuf,
    /// The file that is written; none before the first entry.
    pub(super) file: Option<File>,
    /// Its bytes that are whole lines.
    pub(super) bytes: u64,
    /// Whether there may be more in it than that.
    pub(super) is_torn: bool,
    pub(super) origin: String,
    pub(super) size: u64,
    pub(super) root: Hash,
    pub(super) key: SigningKey,
    pub(super) key_file: PathBuf,
    /// How many entries there were after the last checkpoint.
    pub(super) signed: u64,
    /// How many files are kept; all when none is said.
    pub(super) keep_files: Option<u32>,
    /// Whether a file was begun since it was last looked at how many there are.
    pub(super) is_new_file: bool,
    pub(super) anchor: Anchor,
    /// Whether nothing comes any more.
    pub(super) is_closed: bool,
    pub(super) tuning: Tuning,
}

/// Something that happened, and when.
pub(super) type Happened = (DateTime<Utc>, Recorded);

impl Log {
    /// Appends entries: all of them, or none when it fails.
    pub(super) fn append(&mut self, happened: &[Happened]) -> io::Result<()> {
        self.mend()?;
        if self.file.is_none() || self.bytes >= self.tuning.file_bytes {
            self.begin_file()?;
        }
        let (mut bytes, mut size, mut root) = (Vec::new(), self.size, self.root);
        for (at, recorded) in happened {
            size += 1;
            let entry = |recorded| AuditEntry {
                sequence: size,
                at: *at,
                recorded,
            };
            // An entry that is too long for a line is a lost one.
            let written = line::write(&root, &entry(recorded.clone()))
                .or_else(|_| line::write(&root, &entry(Recorded::Lost { entries: 1 })));
            let (line, hash) = written?;
            bytes.extend_from_slice(&line);
            root = hash;
        }
        self.tuning.fault()?;
        let Some(file) = &mut self.file else {
            return Err(io::ErrorKind::NotFound.into());
        };
        if let Err(error) = self.tuning.write(file, &bytes) {
            self.is_torn = true;
            // What cannot be removed now is removed before anything else is written.
            let _ = self.mend();
            return Err(error);
        }
        self.bytes += bytes.len() as u64;
        (self.size, self.root) = (size, root);
        Ok(())
    }

    /// Removes what a failed write has left.
    fn mend(&mut self) -> io::Result<()> {
        if let Some(file) = self.file.as_ref().filter(|_| self.is_torn) {
            self.tuning.cut(file, self.bytes)?;
            self.is_torn = false;
        }
        Ok(())
    }

    /// Goes on in a new file.
    fn begin_file(&mut self) -> io::Result<()> {
        if let Some(file) = &self.file {
            file.sync_all()?;
        }
        let file = files::append(&self.folder, self.size + 1)?;
        self.bytes = file.metadata()?.len();
        self.file = Some(file);
        self.is_new_file = true;
        Ok(())
    }

    /// Whether there is something that no checkpoint covers.
    pub(super) fn is_unsigned(&self) -> bool {
        self.size > self.signed
    }

    /// Whether so much is unsigned that a checkpoint does not wait for its time.
    pub(super) fn is_due(&self) -> bool {
        self.size - self.signed >= self.tuning.checkpoint_every
    }

    /// Signs what there is, writes that down, and has all of it on disk when it returns.
    pub(super) fn checkpoint(&mut self) -> io::Result<Checkpoint> {
        let at = Utc::now();
        let signed = Checkpoint::sign(&self.origin, self.size, self.root, at, &self.key);
        self.append(&[(
            at,
            Recorded::Checkpoint {
                origin: signed.origin.clone(),
                size: signed.size,
                root: signed.root,
                key: signed.key,
                signature: signed.signature.clone(),
            },
        )])?;
        self.sync()?;
        self.signed = self.size;
        // After the log, so that what is known of it elsewhere is never more than there is.
        (self.anchor)(&self.head().signed(&self.key))?;
        Ok(signed)
    }

    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.tuning.fault()?;
        self.file.as_ref().map_or(Ok(()), File::sync_data)
    }

    /// Removes the oldest files beyond those that are kept, and says so before.
    pub(super) fn retain(&mut self) -> io::Result<()> {
        let Some(keep) = self.keep_files.filter(|_| self.is_new_file) else {
            return Ok(());
        };
        let firsts = files::firsts(&self.folder)?;
        // The one that is written is not counted, so that there is always more than one.
        let beyond = firsts.len().saturating_sub(keep.max(1) as usize + 1);
        let Some(first_kept) = firsts.get(beyond).filter(|_| beyond > 0) else {
            self.is_new_file = false;
            return Ok(());
        };
        let last = files::read(&files::path(&self.folder, firsts[beyond - 1]))?;
        let root = last
            .strip_suffix(b"\n")
            .and_then(|lines| lines.rsplit(|byte| *byte == b'\n').next())
            .and_then(line::Line::read)
            .map(|line| line.hash)
            // What was damaged stays: nothing can be said of it.
            .ok_or_else(|| io::Error::other("the oldest files of the log are damaged"))?;
        self.append(&[(
            Utc::now(),
            Recorded::FilesRemoved {
                through: first_kept - 1,
                root,
                files: beyond as u64,
            },
        )])?;
        self.checkpoint()?;
        for first in &firsts[..beyond] {
            fs::remove_file(files::path(&self.folder, *first))?;
        }
        self.is_new_file = false;
        Ok(())
    }

    /// Replaces the key: the old one signs which comes after it.
    pub(super) fn rotate(&mut self, by: Happened) -> io::Result<PublicKey> {
        self.append(&[by])?;
        let next_file = self.key_file.with_extension("next");
        let next = key::make(&next_file)?;
        let public = PublicKey::of(&next);
        let signature = sign(&self.key, &rotation(&self.origin, self.size, &self.root, &public));
        let rotated = Recorded::KeyRotated { key: public, signature };
        self.append(&[(Utc::now(), rotated)])?;
        // From here on the new key is the log's: what ends the process now is made good when the log is opened.
        self.key = next;
        self.sync()?;
        // Before the old key goes, because what the store knows is by it until then.
        (self.anchor)(&self.head().signed(&self.key))?;
        fs::rename(&next_file, &self.key_file)?;
        key::publish(&self.key_file.with_extension("pub"), &self.key)?;
        self.checkpoint()?;
        Ok(public)
    }

    pub(super) fn head(&self) -> AuditHead {
        AuditHead {
            origin: self.origin.clone(),
            size: self.size,
            root: self.root,
            key: PublicKey::of(&self.key),
            is_closed: self.is_closed,
            signature: None,
        }
    }
}
