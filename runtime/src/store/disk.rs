//! A disk in memory that fails when it is told to, and that forgets what was not synced when it crashes.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use redb::StorageBackend;

use super::database;
use super::records::{Records, Table};
use crate::error::Error;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// All records of all tables.
pub(super) type Contents = Vec<Vec<(String, Vec<u8>)>>;

/// Reads everything; what is listed is also found by its key.
pub(super) fn contents(records: &Records) -> Result<Contents, Error> {
    let mut contents = Vec::new();
    for table in Table::ALL {
        let listed = records.list_from(table, "")?;
        for (key, record) in &listed {
            assert_eq!(records.read(table, key)?.as_ref(), Some(record));
        }
        contents.push(listed);
    }
    Ok(contents)
}

/// A disk; clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<Mutex<State>>);

/// What happens to the writes, resizes and syncs of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// One fails with this error of the system; the first half of a write is made.
    Once(i32),
    /// It and all after it fail with this error of the system.
    Always(i32),
}

#[derive(Debug, Default)]
struct State {
    /// What is read.
    bytes: Vec<u8>,
    /// What is there after a crash, whatever else is.
    synced: Vec<u8>,
    /// What was done since, in order.
    unsynced: Vec<Change>,
    /// Operations until the fault.
    fault: Option<(usize, Fault)>,
    /// Whether the fault has happened.
    failed: bool,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Resize(usize),
}

impl Disk {
    /// A healthy disk with these bytes.
    pub(super) fn with(bytes: &[u8]) -> Self {
        let disk = Self::default();
        disk.state().bytes = bytes.to_vec();
        disk.state().synced = bytes.to_vec();
        disk
    }

    /// The records on this disk.
    pub(super) fn records(&self) -> Result<Records, Error> {
        let backend = self.clone();
        Records::over(database::verified(move |builder| builder.create_with_backend(backend))?)
    }

    /// Makes the disk fail after this many more writes, resizes and syncs.
    pub(super) fn fail_after(&self, operations: usize, fault: Fault) {
        let mut state = self.state();
        state.fault = Some((operations, fault));
        state.failed = false;
    }

    /// Whether the fault has happened.
    pub(super) fn has_failed(&self) -> bool {
        self.state().failed
    }

    /// What is on the disk.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// What is on the disk after it lost its power: what was synced, and any of the sectors that were not.
    pub(super) fn crashed(&self, seed: u64) -> Vec<u8> {
        let mut random = Random(seed);
        let state = self.state();
        let mut bytes = state.synced.clone();
        // A few seeds keep nearly nothing or nearly everything.
        let kept = [1, 4, 8, 12, 15][random.below(5)];
        for change in &state.unsynced {
            match change {
                Change::Resize(length) if random.below(16) < kept => bytes.resize(*length, 0),
                Change::Resize(_) => {}
                Change::Write(offset, data) => {
                    for (at, sector) in sectors(*offset, data) {
                        // What lies beyond the end is lost with the resize that made room for it.
                        if random.below(16) < kept && at + sector.len() <= bytes.len() {
                            bytes[at..at + sector.len()].copy_from_slice(sector);
                        }
                    }
                }
            }
        }
        bytes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Makes a change, or the first half of it.
    fn change(&self, change: Change) -> io::Result<()> {
        let mut state = self.state();
        let due = state.due();
        let made = match (&due, change) {
            (Ok(()), change) => Some(change),
            (Err(_), Change::Write(offset, data)) => Some(Change::Write(offset, data[..data.len() / 2].to_vec())),
            (Err(_), Change::Resize(_)) => None,
        };
        if let Some(made) = made {
            match &made {
                Change::Write(offset, data) => state.bytes[*offset..*offset + data.len()].copy_from_slice(data),
                Change::Resize(length) => state.bytes.resize(*length, 0),
            }
            state.unsynced.push(made);
        }
        due
    }
}

impl State {
    /// Counts an operation, and fails when it is its turn.
    fn due(&mut self) -> io::Result<()> {
        let Some((operations, fault)) = &mut self.fault else {
            return Ok(());
        };
        let (Fault::Once(error) | Fault::Always(error)) = *fault;
        match operations.checked_sub(1) {
            Some(left) => {
                *operations = left;
                return Ok(());
            }
            None if self.failed && matches!(fault, Fault::Once(_)) => return Ok(()),
            None => self.failed = true,
        }
        Err(io::Error::from_raw_os_error(error))
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let state = self.state();
        let end = start.checked_add(out.len());
        let read = end.and_then(|end| state.bytes.get(start..end));
        out.copy_from_slice(read.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.change(Change::Resize(usize::try_from(length).map_err(io::Error::other)?))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        state.due()?;
        state.synced = state.bytes.clone();
        state.unsynced.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        self.change(Change::Write(offset, data.to_vec()))
    }
}

/// A write by sectors of the disk.
fn sectors(offset: usize, data: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = offset;
    std::iter::from_fn(move || {
        let rest = &data[at - offset..];
        let length = rest.len().min(SECTOR - at % SECTOR);
        let sector = (length > 0).then_some((at, &rest[..length]));
        at += length;
        sector
    })
}

/// Numbers that look random and are the same in each run: SplitMix64.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
