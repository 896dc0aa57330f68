//! The guest path of what is open, which everything shares that was made from it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use super::slots::Slot;
use crate::capability::below;

/// The guest path of something open; it follows the moves that the instance makes.
pub(super) struct Trail {
    path: RwLock<String>,
    /// Grows with each change of the path.
    moves: AtomicU64,
    /// Given back when the last of what was made from it is gone.
    _slot: Option<Slot>,
}

impl Trail {
    pub(super) fn new(path: String, slot: Option<Slot>) -> Self {
        Self {
            path: RwLock::new(path),
            moves: AtomicU64::new(0),
            _slot: slot,
        }
    }

    pub(super) fn path(&self) -> RwLockReadGuard<'_, String> {
        self.path.read().unwrap_or_else(PoisonError::into_inner)
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
