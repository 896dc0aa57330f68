//! How many descriptors guests take at the same time, so that the host has some left for its own work.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rustix::process::{Resource, getrlimit};

/// The descriptors that guests of this process have.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// Of what guests may have, one component has a quarter at most.
const SHARE: usize = 4;

/// One descriptor, of a file or a connection; it is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Slot(Arc<AtomicUsize>);

impl Slot {
    /// A slot of a component that has `own` of them already, as long as guests have no more than half of what this process
    /// may have, and the component no more than its part of that, and no more than are left: so a few of them leave some
    /// to all others.
    pub(super) fn take(own: &Arc<AtomicUsize>) -> Option<Self> {
        // Asked for once, because it is needed at each opening.
        static HALF: OnceLock<usize> = OnceLock::new();
        let half = *HALF.get_or_init(|| {
            let limit = getrlimit(Resource::Nofile).current;
            limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX)) / 2
        });
        let more = |most: usize| move |open| (open < most).then_some(open + 1);
        let left = half.saturating_sub(OPEN.load(Ordering::Relaxed));
        own.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more(left.min(half / SHARE)))
            .ok()?;
        let own = Self(own.clone());
        match OPEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more(half)) {
            Ok(_) => Some(own),
            Err(_) => {
                // Nothing was taken of the whole.
                OPEN.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}
