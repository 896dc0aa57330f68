//! What a toolchain search or a build tells while it runs.

/// Receives what happens, in order; every method may be ignored.
///
/// `output` is called from a second thread while a compiler runs, hence `Sync`.
pub trait Progress: Sync {
    /// A new step began; the text is one line, a lowercase fragment, without a full stop.
    fn step(&self, text: &str) {
        let _ = text;
    }

    /// How far the current step is: bytes of a download, crates of a build.
    ///
    /// `total` may be an estimate and may change between calls, but is never less than `done`.
    fn fraction(&self, done: u64, total: u64) {
        let _ = (done, total);
    }

    /// Text for the user as the compiler or cargo rendered it: warnings, errors.
    fn output(&self, text: &str) {
        let _ = text;
    }
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}
