//! Single keys from a terminal, without an Enter after them.

use std::io::{self, IsTerminal, stdin};
use std::sync::{Mutex, PoisonError};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr};

/// How the terminal was before, while keys are read.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Keys come one by one until this is dropped.
pub(crate) struct Keys(());

impl Keys {
    /// Has each key handed to `key`; none when standard input is no terminal, or another program's.
    /// What a key types is not shown; Ctrl-C stays a signal.
    pub(crate) fn listen(key: impl Fn(char) + Send + 'static) -> Option<Self> {
        // A background job would be stopped for changing the terminal.
        if !stdin().is_terminal() || !is_ours() {
            return None;
        }
        apply().ok()?;
        // It ends with the process: nothing can take a read from a terminal back.
        thread::spawn(move || {
            while let Some(typed) = next() {
                typed.into_iter().for_each(|typed| key(char::from(typed)));
            }
        });
        Some(Self(()))
    }

    /// Sets the terminal again, after a shell has set it for itself while this program was stopped.
    pub(crate) fn resume(&self) {
        if is_ours() {
            let _ = apply();
        }
    }
}

/// Whether this program is the one that the terminal belongs to now; any other is stopped for reading or changing it.
fn is_ours() -> bool {
    tcgetpgrp(stdin()).is_ok_and(|group| group == getpgrp())
}

/// The next key, or nothing for a while; none when there is no terminal any more.
fn next() -> Option<Option<u8>> {
    let input = stdin();
    let mut polled = [PollFd::new(&input, PollFlags::IN)];
    let patience = Timespec {
        tv_sec: 0,
        tv_nsec: 200_000_000,
    };
    match poll(&mut polled, Some(&patience)) {
        Ok(0) | Err(rustix::io::Errno::INTR) => return Some(None),
        Ok(_) => {}
        Err(_) => return None,
    }
    if !is_ours() {
        // What is typed is another program's; it is asked again later.
        thread::park_timeout(std::time::Duration::from_millis(200));
        return Some(None);
    }
    let mut typed = [0];
    match rustix::io::read(&input, &mut typed) {
        Ok(1) => Some(Some(typed[0])),
        Err(rustix::io::Errno::INTR) => Some(None),
        _ => None,
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
    // It would end this program without giving the terminal back.
    mode.special_codes[SpecialCodeIndex::VQUIT] = 0;
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
