//! The files that a component has open: what is removed meanwhile keeps its place until they are closed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A file of this machine: its device, and its number there.
pub(crate) type FileId = (u64, u64);

/// The open files of one component.
#[derive(Debug, Default)]
pub(super) struct OpenFiles(Mutex<HashMap<FileId, Open>>);

#[derive(Clone, Copy, Debug, Default)]
struct Open {
    handles: u32,
    /// What comes back when the last of them is closed.
    owed: u64,
}

impl OpenFiles {
    pub(super) fn open(&self, file: FileId) {
        self.all().entry(file).or_default().handles += 1;
    }

    /// Closes a file once; returns how many bytes came back by it.
    pub(super) fn close(&self, file: FileId) -> u64 {
        let mut all = self.all();
        let Some(open) = all.get_mut(&file) else { return 0 };
        open.handles = open.handles.saturating_sub(1);
        if open.handles > 0 {
            return 0;
        }
        all.remove(&file).map_or(0, |open| open.owed)
    }

    /// A file of so many bytes was removed; returns how many came back by it.
    pub(super) fn remove(&self, file: FileId, bytes: u64) -> u64 {
        match self.all().get_mut(&file) {
            Some(open) => {
                open.owed = open.owed.saturating_add(bytes);
                0
            }
            None => bytes,
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<FileId, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_comes_back_when_it_is_closed() {
        let (files, one, other) = (OpenFiles::default(), (1, 1), (1, 2));
        files.open(one);
        files.open(one);
        assert_eq!(files.remove(one, 10), 0);
        assert_eq!(files.remove(other, 5), 5);
        assert_eq!((files.close(one), files.close(one), files.close(one)), (0, 10, 0));
        files.open(one);
        assert_eq!(files.close(one), 0);
        assert!(files.all().is_empty());
    }
}
