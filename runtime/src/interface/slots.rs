//! How many descriptors guests take at the same time, so that the host has some left for its own work.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Resource, getrlimit};

/// The descriptors that guests of this process have.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// One descriptor, of a file or a connection; it is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Slot(());

impl Slot {
    /// A slot, as long as guests have no more than half of what this process may have.
    pub(super) fn take() -> Option<Self> {
        // Asked for once, because it is needed at each opening.
        static HALF: OnceLock<u64> = OnceLock::new();
        let half = *HALF.get_or_init(|| getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX) / 2);
        let is_left = |open| (open as u64) < half;
        let taken = OPEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| {
            is_left(open).then_some(open + 1)
        });
        taken.is_ok().then(|| Self(()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}
