//! What the toolchain tells while it works.

use std::io::{self, IsTerminal};

use super::Shell;
use crate::toolchain::Progress;

impl Progress for Shell {
    fn step(&self, text: &str) {
        if io::stderr().is_terminal() {
            self.turn(text);
        } else {
            self.note(format_args!("{:>12} {text}", "…"));
        }
    }

    fn fraction(&self, done: u64, total: u64) {
        self.measure(done, total);
    }

    fn output(&self, text: &str) {
        self.say(text);
    }
}
