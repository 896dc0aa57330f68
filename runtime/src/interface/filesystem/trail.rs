//! The guest path of what is open, which everything shares that was made from it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::decide::waiting;
use super::host_path::Identity;
use super::mount::Roots;
use super::quota::Opened;
use super::walk::find;
use crate::capability::{Gate, below};
use crate::interface::slots::Slot;

/// The guest path of something open; it follows the moves that the instance makes.
pub(super) struct Trail {
    path: RwLock<String>,
    /// Grows with each change of the path.
    moves: AtomicU64,
    /// What is open; none for the directories that an instance begins with, which are what their paths are.
    identity: Option<Identity>,
    roots: Arc<Roots>,
    /// The revision of the grants at which the path last led to what is open.
    seen: AtomicU64,
    /// Given back when the last of what was made from it is gone.
    _slot: Option<Slot>,
    opened: Option<Arc<Opened>>,
}

/// What was opened, what it takes, and that a file counts as open.
type Opening = (Identity, Slot, Option<Arc<Opened>>);

impl Trail {
    /// The path of one of the directories that an instance begins with.
    pub(super) fn of_root(path: String, roots: Arc<Roots>) -> Self {
        Self {
            path: RwLock::new(path),
            moves: AtomicU64::new(0),
            identity: None,
            seen: AtomicU64::new(roots.revision),
            roots,
            _slot: None,
            opened: None,
        }
    }

    /// The path of what was opened, as the grants were at `revision`.
    pub(super) fn of_opened(path: String, roots: Arc<Roots>, opened: Opening, revision: u64) -> Self {
        let (identity, slot, counted) = opened;
        Self {
            identity: Some(identity),
            seen: AtomicU64::new(revision),
            _slot: Some(slot),
            opened: counted,
            ..Self::of_root(path, roots)
        }
    }

    /// Whether the path leads to what is open, so that what is decided on the path holds for it.
    ///
    /// Others may have moved it: another instance of the component, or a program of this machine. It is looked at only
    /// when what is granted has changed, because until then the same may be done to it as when it was opened.
    pub(super) fn leads_there(&self, gate: &Gate) -> bool {
        // Read before it is looked at, so that a change in between is seen the next time.
        let revision = gate.revision();
        if self.seen.load(Ordering::Acquire) == revision {
            return true;
        }
        let path = self.path();
        let leads = self.roots.holds(gate, &path)
            && self.identity.is_none_or(|identity| {
                let Some((root, rest)) = self.roots.of(&path) else {
                    return false;
                };
                let spot = waiting(root.local, || find(&root.dir.dir, rest, None));
                spot.is_ok_and(|spot| spot.seen.is_some_and(|seen| seen.identity == identity))
            });
        if leads {
            self.seen.store(revision, Ordering::Release);
        }
        leads
    }

    pub(super) fn path(&self) -> RwLockReadGuard<'_, String> {
        self.path.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file that it is of; none of a directory.
    pub(super) fn opened(&self) -> Option<&Arc<Opened>> {
        self.opened.as_ref()
    }

    /// A number that changes with each change of the path.
    pub(super) fn moves(&self) -> u64 {
        self.moves.load(Ordering::Acquire)
    }

    /// Follows the move of a file or directory, when it is that or below it.
    pub(super) fn follow(&self, from: &str, to: &str) {
        let mut path = self.path.write().unwrap_or_else(PoisonError::into_inner);
        let moved = match below(&path, from) {
            Some("") => to.to_owned(),
            Some(rest) => format!("{to}/{rest}"),
            None => return,
        };
        *path = moved;
        drop(path);
        self.moves.fetch_add(1, Ordering::Release);
    }
}
