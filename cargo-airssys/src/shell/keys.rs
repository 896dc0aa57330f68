//! Single keys from a terminal, without an Enter after them.

use std::io::{self, IsTerminal, Read, stdin};
use std::sync::{Mutex, PoisonError};
use std::thread;

use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

/// How the terminal was before, while keys are read.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Keys come one by one until this is dropped.
pub(crate) struct Keys(());

impl Keys {
    /// Has each key handed to `key`; none when standard input is no terminal, or another program's.
    /// What a key types is not shown; Ctrl-C stays a signal.
    pub(crate) fn listen(key: impl Fn(char) + Send + 'static) -> Option<Self> {
        let input = stdin();
        // A background job would be stopped for changing the terminal.
        let is_ours = tcgetpgrp(&input).is_ok_and(|group| group == getpgrp());
        if !input.is_terminal() || !is_ours {
            return None;
        }
        apply().ok()?;
        // It ends with the process: nothing can take a read from a terminal back.
        thread::spawn(move || {
            let mut typed = [0];
            while let Ok(1) = stdin().lock().read(&mut typed) {
                key(char::from(typed[0]));
            }
        });
        Some(Self(()))
    }

    /// Sets the terminal again, after a shell has set it for itself while this program was stopped.
    pub(crate) fn resume(&self) {
        let _ = apply();
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        give_back_terminal();
    }
}

fn apply() -> io::Result<()> {
    let input = stdin();
    let mut mode = tcgetattr(&input)?;
    let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    before.get_or_insert_with(|| mode.clone());
    mode.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
    Ok(tcsetattr(&input, OptionalActions::Now, &mode)?)
}

/// Gives the terminal back as it was.
pub(crate) fn give_back_terminal() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(before) = before {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &before);
    }
}
