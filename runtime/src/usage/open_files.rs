//! The files that the components of a host have open, and what length of each is paid for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file of this machine: its device, and its number there.
pub(crate) type FileId = (u64, u64);

/// How a file is found to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Length {
    pub(crate) bytes: u64,
    /// Whether it has no name any more, so that it is gone when it is closed.
    pub(crate) is_nameless: bool,
}

/// The open files of all components of a host.
#[derive(Debug, Default)]
pub(super) struct OpenFiles(Mutex<HashMap<FileId, Handles>>);

#[derive(Debug, Default)]
struct Handles {
    number: u32,
    file: Arc<OpenFile>,
}

/// A file that is open at least once.
#[derive(Debug, Default)]
pub(crate) struct OpenFile(Mutex<Option<Charge>>);

/// What is paid for a file, whoever has paid it.
///
/// A change is charged before it is made, because then it can be refused, and what it did not take comes back when none is
/// under way any more. So nothing is given back twice, whatever is done to a file at the same time: one that cannot be
/// told to have ended keeps the charge as it is.
#[derive(Clone, Copy, Debug, Default)]
struct Charge {
    /// The length that is paid for.
    length: u64,
    /// How much of that came back already, when the file was closed before.
    returned: u64,
    /// How many changes are under way.
    changes: u32,
    /// Whether it has no name any more, as whoever has closed it has found; it gets none again.
    is_gone: bool,
}

impl OpenFiles {
    /// Opens a file once more.
    pub(super) fn open(&self, file: FileId) -> Arc<OpenFile> {
        let mut all = self.all();
        let handles = all.entry(file).or_default();
        handles.number += 1;
        handles.file.clone()
    }

    /// Closes a file once; whether it was the last time.
    fn close(&self, file: FileId) -> bool {
        let mut all = self.all();
        let Some(handles) = all.get_mut(&file) else {
            return false;
        };
        handles.number = handles.number.saturating_sub(1);
        let is_last = handles.number == 0;
        if is_last {
            all.remove(&file);
        }
        is_last
    }

    /// Closes a file that is found to be like this, or of which nothing is found; returns how many bytes come back.
    ///
    /// It is looked at before it is closed: who removes it has it open meanwhile. When another one was faster, who is
    /// last has looked too early, and is told by the one who has removed it.
    pub(super) fn close_as(&self, id: FileId, file: &OpenFile, found: Option<Length>) -> u64 {
        if let Some(charge) = file.charge().as_mut() {
            charge.is_gone |= found.is_some_and(|found| found.is_nameless);
        }
        let is_last = self.close(id);
        match *file.charge() {
            Some(charge) if is_last && charge.is_gone => charge.length - charge.returned,
            _ => 0,
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<FileId, Handles>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenFile {
    /// Notes how long the file is, when nobody has before: who only reads it need not know.
    pub(crate) fn find<E>(&self, look: impl FnOnce() -> Result<Length, E>) -> Result<(), E> {
        found(&mut self.charge(), look).map(drop)
    }

    /// Whether it is known how long the file is, so that something may come back when it is closed.
    pub(crate) fn is_found(&self) -> bool {
        self.charge().is_some()
    }

    /// Begins a change after which the file ends at most where `end` says, of which it is told where it ends now;
    /// `pay` is asked for what it grows by. Returns whether that is paid.
    pub(crate) fn begin<E>(
        &self,
        look: impl FnOnce() -> Result<Length, E>,
        end: impl FnOnce(u64) -> u64,
        pay: impl FnOnce(u64) -> bool,
    ) -> Result<bool, E> {
        let mut charge = self.charge();
        let charge = found(&mut charge, look)?;
        let end = end(charge.length);
        let is_paid = pay(end.saturating_sub(charge.length));
        if is_paid {
            charge.length = charge.length.max(end);
            charge.changes += 1;
        }
        Ok(is_paid)
    }

    /// Ends a change; returns how many bytes come back.
    pub(crate) fn end(&self, look: impl FnOnce() -> Option<u64>) -> u64 {
        let mut charge = self.charge();
        let Some(charge) = charge.as_mut() else { return 0 };
        charge.changes = charge.changes.saturating_sub(1);
        if charge.changes > 0 {
            return 0;
        }
        let Some(length) = look() else { return 0 };
        let kept = charge.length.min(length.max(charge.returned));
        let back = charge.length - kept;
        charge.length = length;
        charge.returned = charge.returned.min(length);
        back
    }

    fn charge(&self) -> MutexGuard<'_, Option<Charge>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn found<E>(charge: &mut Option<Charge>, look: impl FnOnce() -> Result<Length, E>) -> Result<&mut Charge, E> {
    if charge.is_none() {
        let found = look()?;
        *charge = Some(Charge {
            length: found.bytes,
            // Who closed it before it was opened here has got it back.
            returned: if found.is_nameless { found.bytes } else { 0 },
            changes: 0,
            is_gone: found.is_nameless,
        });
    }
    Ok(charge.get_or_insert_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = (1, 1);

    fn length(bytes: u64, is_nameless: bool) -> Length {
        Length { bytes, is_nameless }
    }

    fn begin(file: &OpenFile, end: impl FnOnce(u64) -> u64, pay: impl FnOnce(u64) -> bool) -> bool {
        let look = || -> Result<Length, ()> { panic!("it is known") };
        file.begin(look, end, pay).unwrap()
    }

    fn opened(files: &OpenFiles, bytes: u64, is_nameless: bool) -> Arc<OpenFile> {
        let file = files.open(FILE);
        file.find(|| Ok::<_, ()>(length(bytes, is_nameless))).unwrap();
        file
    }

    #[test]
    fn what_is_gone_comes_back_once_when_it_is_closed() {
        let files = OpenFiles::default();
        let (one, other) = (opened(&files, 10, false), opened(&files, 99, false));
        assert_eq!(files.close_as(FILE, &one, Some(length(10, true))), 0);
        assert_eq!(files.close_as(FILE, &other, Some(length(10, true))), 10);
        assert!(files.all().is_empty());
        let late = opened(&files, 10, true);
        assert_eq!(files.close_as(FILE, &late, Some(length(10, true))), 0);
        let named = opened(&files, 10, false);
        assert_eq!(files.close_as(FILE, &named, Some(length(10, false))), 0);
        // Who is last looked before the other one removed it.
        let (one, other) = (opened(&files, 10, false), opened(&files, 10, false));
        assert_eq!(files.close_as(FILE, &one, Some(length(10, true))), 0);
        assert_eq!(files.close_as(FILE, &other, Some(length(10, false))), 10);
    }

    #[test]
    fn what_is_cut_and_gone_comes_back_once() {
        let files = OpenFiles::default();
        let file = opened(&files, 10, false);
        assert!(begin(&file, |_| 0, |growth| growth == 0));
        assert_eq!(file.end(|| Some(0)), 10);
        assert_eq!(files.close_as(FILE, &file, Some(length(0, true))), 0);
    }

    #[test]
    fn a_change_pays_for_what_it_grows_and_gets_back_what_it_did_not_take() {
        let files = OpenFiles::default();
        let file = opened(&files, 10, false);
        assert!(begin(&file, |_| 25, |growth| growth == 15));
        assert_eq!(file.end(|| Some(20)), 5);
        assert!(begin(&file, |_| 15, |growth| growth == 0));
        assert_eq!(file.end(|| Some(20)), 0);
        assert!(!begin(&file, |length| length + 1, |growth| growth != 1));
        // Others made it longer, and cut it again.
        assert!(begin(&file, |_| 0, |_| true));
        assert_eq!(file.end(|| Some(30)), 0);
        assert!(begin(&file, |_| 0, |_| true));
        assert_eq!(file.end(|| Some(25)), 5);
    }

    #[test]
    fn changes_at_the_same_time_are_settled_when_the_last_has_ended() {
        let files = OpenFiles::default();
        let file = opened(&files, 10, false);
        assert!(begin(&file, |length| length + 5, |growth| growth == 5));
        assert!(begin(&file, |length| length + 5, |growth| growth == 5));
        assert!(begin(&file, |_| 0, |growth| growth == 0));
        assert_eq!(file.end(|| Some(0)), 0);
        assert_eq!(file.end(|| Some(5)), 0);
        assert_eq!(file.end(|| Some(10)), 10);
    }

    #[test]
    fn what_came_back_before_does_not_again() {
        let files = OpenFiles::default();
        let file = opened(&files, 10, true);
        assert!(begin(&file, |_| 15, |growth| growth == 5));
        assert_eq!(file.end(|| Some(15)), 0);
        assert!(begin(&file, |_| 0, |_| true));
        assert_eq!(file.end(|| Some(0)), 5);
        assert_eq!(files.close_as(FILE, &file, Some(length(0, true))), 0);
    }
}
