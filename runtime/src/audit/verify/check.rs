//! One pass over the files of a log.

use std::io;

use super::{Expected, Problem, Verification};
use crate::audit::checkpoint::{Checkpoint, is_signed, rotation};
use crate::audit::entry::{AuditEntry, Recorded};
use crate::audit::files;
use crate::audit::hash::Hash;
use crate::audit::key::PublicKey;
use crate::audit::line::{self, Line};
use crate::printable::printable_line;

/// How many problems are told; what comes after them is counted.
const MOST: usize = 100;

/// How many entries may come after the last checkpoint: twice what a host leaves unsigned.
const MOST_UNSIGNED: u64 = 2_000;

/// What was seen so far.
pub(super) struct Check<'a> {
    expected: &'a Expected,
    found: Verification,
    more: u64,
    /// Where it is.
    file: String,
    line: u64,
    /// The hash of the last entry; none after a line that is no entry.
    before: Option<Hash>,
    /// The first entry, when those before it are gone: it is proved by the one that says why.
    unproved: Option<(u64, Vec<u8>)>,
    /// What the entry before says to be removed. It counts when the key signs it at once, as a host does before it removes
    /// anything: everybody can write such an entry.
    removal: Option<(u64, Hash)>,
    /// The key that signs here; none before anything says one.
    key: Option<PublicKey>,
    /// Whether that key is the one that is expected, or was put in its place by it.
    is_trusted: bool,
    /// The keys that it has taken the place of, each signed by the one before.
    earlier: Vec<PublicKey>,
    /// The size at the last checkpoint, whoever signed it.
    checked: u64,
}

impl<'a> Check<'a> {
    pub(super) fn new(expected: &'a Expected) -> Self {
        Self {
            expected,
            found: Verification::default(),
            more: 0,
            file: String::new(),
            line: 0,
            before: Some(Hash::default()),
            unproved: None,
            removal: None,
            key: None,
            is_trusted: false,
            earlier: Vec::new(),
            checked: 0,
        }
    }

    /// Goes on with the next file.
    pub(super) fn file(&mut self, name: String, bytes: io::Result<Vec<u8>>) {
        (self.file, self.line) = (printable_line(&name), 0);
        let Some(first) = files::first_of(&name) else {
            return self.problem(None, "is no file of the log");
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => return self.problem(None, &format!("cannot be read: {error}")),
        };
        self.found.files += 1;
        let is_first = self.found.size == 0;
        if is_first && first > 1 {
            // What came before may have been removed as intended, which a later entry says then.
            self.found.size = first - 1;
            self.before = None;
            self.unproved = Some((first, Vec::new()));
        } else if first != self.next() {
            let what = format!(
                "begins with entry {first} by its name, and entry {} comes next",
                self.next()
            );
            self.problem(None, &what);
        }
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line += 1;
            match line.strip_suffix(b"\n") {
                Some(line) => self.line(line),
                None => self.problem(Some(self.next()), "the last line is cut"),
            }
        }
    }

    /// The number that the next entry has to have.
    fn next(&self) -> u64 {
        self.found.size.saturating_add(1)
    }

    fn line(&mut self, bytes: &[u8]) {
        let next = self.next();
        let (Some(line), Some(entry)) = (Line::read(bytes), line::entry(bytes)) else {
            self.problem(Some(next), "the line is no entry of a log");
            self.found.size = next;
            self.before = None;
            return;
        };
        let sequence = entry.sequence;
        let follows = self.before.is_none_or(|before| line.follows(&before));
        if sequence > next {
            self.problem(
                Some(sequence),
                &format!("entries {next} to {} are missing before it", sequence - 1),
            );
        } else if sequence < next {
            self.problem(
                Some(sequence),
                &format!("it comes again, or too late: entry {next} comes next"),
            );
        } else if !follows {
            self.problem(
                Some(sequence),
                "its hash is wrong: it was changed, or put in the place of another",
            );
        }
        if let Some((first, unproved)) = &mut self.unproved
            && *first == sequence
            && unproved.is_empty()
        {
            *unproved = bytes.to_vec();
        }
        self.look(&entry);
        // From here on what the line says of itself counts, so that each change is told where it is.
        self.found.size = sequence;
        self.found.root = line.hash;
        self.before = Some(line.hash);
        self.compare(sequence, line.hash);
    }

    /// Whether the entry says what is known of it elsewhere.
    fn compare(&mut self, sequence: u64, hash: Hash) {
        let expected = self.expected;
        if let Some(recorded) = expected.recorded.as_ref().filter(|recorded| recorded.size == sequence)
            && recorded.root != hash
        {
            self.problem(Some(sequence), "the state directory knows another entry of this number");
        }
        if let Some(checkpoint) = expected.checkpoint.as_ref().filter(|kept| kept.size == sequence)
            && checkpoint.root != hash
        {
            self.problem(Some(sequence), "the checkpoint knows another entry of this number");
        }
    }

    /// Looks at what entries say of the log itself; what comes before `entry` is known by then.
    fn look(&mut self, entry: &AuditEntry) {
        let sequence = Some(entry.sequence);
        let removal = self.removal.take();
        match &entry.recorded {
            Recorded::LogBegun { origin, key } => {
                if entry.sequence != 1 {
                    self.problem(sequence, "a log begins within the log");
                }
                self.found.origin = Some(origin.clone());
                self.take_key(*key, false);
            }
            Recorded::Checkpoint {
                origin,
                size,
                root,
                key,
                signature,
            } => {
                let checkpoint = Checkpoint {
                    origin: origin.clone(),
                    size: *size,
                    root: *root,
                    at: entry.at,
                    key: *key,
                    signature: signature.clone(),
                };
                if self.checkpoint(&checkpoint)
                    && let Some((through, root)) = removal
                {
                    self.removed(through, &root);
                }
            }
            Recorded::KeyRotated { key, signature } => {
                let origin = self.found.origin.clone().unwrap_or_default();
                let text = rotation(&origin, self.found.size, &self.found.root, key);
                let is_by_old = self.key.is_some_and(|old| is_signed(&old, &text, signature));
                if !is_by_old {
                    self.problem(sequence, "the old key has not signed that another takes its place");
                }
                self.take_key(*key, is_by_old);
            }
            Recorded::KeyReplaced { key } => {
                self.problem(
                    sequence,
                    "another key signs from here on, and the one before has not signed that",
                );
                self.take_key(*key, false);
            }
            Recorded::Broken {
                recorded_size,
                found_size,
                ..
            } => {
                let what = format!(
                    "a host found another log than the state directory knew: {recorded_size} entries were to be \
                     there, and it ended after {found_size}, or the last of them was another"
                );
                self.problem(sequence, &what);
            }
            Recorded::FilesRemoved { through, root, .. } => self.removal = Some((*through, *root)),
            Recorded::Lost { entries } => self.found.lost = self.found.lost.saturating_add(*entries),
            _ => {}
        }
    }

    /// Whether it is one of this log by its key.
    fn checkpoint(&mut self, checkpoint: &Checkpoint) -> bool {
        let problems = self.found.problems.len();
        self.check(checkpoint);
        problems == self.found.problems.len() && self.more == 0
    }

    fn check(&mut self, checkpoint: &Checkpoint) {
        let sequence = Some(self.next());
        let origin = self.found.origin.get_or_insert_with(|| checkpoint.origin.clone());
        if *origin != checkpoint.origin {
            return self.problem(sequence, "it is a checkpoint of another log");
        }
        if self.key.is_none() {
            self.take_key(checkpoint.key, false);
        }
        if self.key != Some(checkpoint.key) {
            return self.problem(sequence, "it is a checkpoint by a key that is not the log's");
        }
        if !checkpoint.is_signed() {
            return self.problem(sequence, "the signature of the checkpoint is wrong");
        }
        if checkpoint.size != self.found.size || checkpoint.root != self.found.root {
            let size = checkpoint.size;
            return self.problem(
                sequence,
                &format!("the checkpoint is of a log that had {size} entries and another end"),
            );
        }
        self.unsigned(sequence);
        self.checked = checkpoint.size;
        if self.is_trusted {
            self.found.signed = checkpoint.size;
        }
    }

    /// A host signs often, so that many entries without a checkpoint are not a host's.
    fn unsigned(&mut self, sequence: Option<u64>) {
        let unsigned = self.found.size.saturating_sub(self.checked.max(self.found.removed));
        if self.checked > 0 && unsigned > MOST_UNSIGNED {
            self.problem(
                sequence,
                &format!("no checkpoint covers the {unsigned} entries before it"),
            );
        }
    }

    fn take_key(&mut self, key: PublicKey, is_by_old: bool) {
        let before = self.key.replace(key);
        match is_by_old {
            true => self.earlier.extend(before),
            false => self.earlier.clear(),
        }
        self.is_trusted = self.expected.key == Some(key) || (self.is_trusted && is_by_old);
    }

    /// Whether it is the key of this log, or was.
    fn is_own(&self, key: &PublicKey) -> bool {
        self.expected.key.as_ref() == Some(key) || self.key.as_ref() == Some(key) || self.earlier.contains(key)
    }

    /// Proves the first entry by one that says that those before it were removed.
    fn removed(&mut self, through: u64, root: &Hash) {
        let Some((first, line)) = &self.unproved else { return };
        if *first != through.saturating_add(1) {
            return;
        }
        if Line::read(line).is_some_and(|line| line.follows(root)) {
            self.found.removed = through;
            self.unproved = None;
        }
    }

    /// Looks at the whole.
    pub(super) fn end(mut self) -> Verification {
        (self.file, self.line) = (String::new(), 0);
        if let Some((first, _)) = self.unproved.take() {
            let what = format!(
                "entries 1 to {} are missing, and no entry says that they were removed",
                first - 1
            );
            self.problem(None, &what);
        }
        let expected = self.expected;
        if expected.is_recorded && expected.recorded.is_none() && self.found.size > 0 {
            self.problem(None, "the state directory does not know this log any more");
        }
        if let Some(recorded) = &expected.recorded {
            self.known_elsewhere("the state directory", &recorded.origin, recorded.size);
            if recorded.signature.is_some() && !(recorded.is_signed() && self.is_own(&recorded.key)) {
                self.problem(
                    None,
                    "what the state directory knows of the log is not signed by its key",
                );
            }
            if recorded.is_closed && self.found.size > recorded.size {
                let more = self.found.size - recorded.size;
                let what = format!("{more} entries came after the host had ended, and no host was there to write them");
                self.problem(None, &what);
            }
        }
        if let Some(checkpoint) = &expected.checkpoint {
            if !checkpoint.is_signed() {
                self.problem(None, "the signature of the checkpoint that was kept is wrong");
            }
            self.known_elsewhere("the checkpoint", &checkpoint.origin, checkpoint.size);
        }
        match &expected.key {
            None if self.found.size > 0 => {
                self.problem(None, "no public key is known, so that signatures mean nothing");
            }
            Some(key) if self.found.signed == 0 && self.found.size > 0 => {
                self.problem(None, &format!("nothing is signed by the key {key}"));
            }
            _ => {}
        }
        self.unsigned(None);
        if self.more > 0 {
            let what = format!("{} more problems", self.more);
            self.found.problems.push(Problem {
                file: None,
                line: None,
                sequence: None,
                what,
            });
        }
        self.found
    }

    fn known_elsewhere(&mut self, who: &str, origin: &str, size: u64) {
        if self.found.origin.as_deref().is_some_and(|own| own != origin) {
            self.problem(None, &format!("it is another log than {who} knows"));
        }
        if self.found.size < size {
            let (found, missing) = (self.found.size, size - self.found.size);
            let what = format!("{who} knows {size} entries, and there are {found}: the last {missing} are missing");
            self.problem(None, &what);
        }
    }

    fn problem(&mut self, sequence: Option<u64>, what: &str) {
        if self.found.problems.len() >= MOST {
            self.more += 1;
            return;
        }
        self.found.problems.push(Problem {
            file: (!self.file.is_empty()).then(|| self.file.clone()),
            line: (self.line > 0).then_some(self.line),
            sequence,
            what: what.to_owned(),
        });
    }
}
