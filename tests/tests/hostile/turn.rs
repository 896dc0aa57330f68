//! Whose turn it is: descriptors and memory are those of the whole process, so that who measures them is alone.

use std::sync::{Condvar, Mutex, PoisonError};

/// Who runs.
#[derive(Default)]
struct Running {
    others: usize,
    measures: bool,
}

static RUNNING: Mutex<Running> = Mutex::new(Running {
    others: 0,
    measures: false,
});
static CHANGED: Condvar = Condvar::new();

/// The turn of one that measures, or of one of many that do not.
pub(crate) struct Turn {
    measures: bool,
}

impl Turn {
    /// Waits until nobody else runs, and keeps others out.
    pub(crate) fn alone() -> Self {
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let is_taken = |running: &mut Running| running.measures || running.others > 0;
        let mut running = CHANGED
            .wait_while(running, is_taken)
            .unwrap_or_else(PoisonError::into_inner);
        running.measures = true;
        Self { measures: true }
    }

    /// Waits until nobody measures. One test may have several of these.
    pub(crate) fn together() -> Self {
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let is_measured = |running: &mut Running| running.measures;
        let mut running = CHANGED
            .wait_while(running, is_measured)
            .unwrap_or_else(PoisonError::into_inner);
        running.others += 1;
        Self { measures: false }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        match self.measures {
            true => running.measures = false,
            false => running.others -= 1,
        }
        CHANGED.notify_all();
    }
}
