//! Ctrl-C, SIGTERM and the end of the terminal: close the host when one is open, and otherwise, or the second time, end the program at once.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

use crate::exit::Exit;
use crate::{shell, toolchain};

/// Whether a host is open, which is then the one to answer.
static HOST_IS_OPEN: AtomicBool = AtomicBool::new(false);

/// Whether the open host was told to end already.
static HOST_IS_ENDING: AtomicBool = AtomicBool::new(false);

/// Tells the open host to end.
static PRESSED: Notify = Notify::const_new();

/// Whether the listener below runs already.
static LISTENS: AtomicBool = AtomicBool::new(false);

/// Leaves Ctrl-C and SIGTERM to an open host until it is dropped.
///
/// Tokio takes a signal over for the rest of the process when it is first waited for.
/// A command that goes on after its host is closed would not end by it any more, nor would one whose host waits for
/// its guests, so a thread ends it.
pub(crate) struct Answered;

impl Answered {
    /// Begins when a host is opened; from its return on no signal is missed.
    pub(super) fn by_host() -> Self {
        HOST_IS_ENDING.store(false, Ordering::SeqCst);
        HOST_IS_OPEN.store(true, Ordering::SeqCst);
        if !LISTENS.swap(true, Ordering::SeqCst) {
            let (ready, is_ready) = mpsc::channel();
            thread::spawn(move || listen(ready));
            // It goes away unsaid when there are no signals to listen to.
            let _ = is_ready.recv();
        }
        Self
    }

    /// Waits for Ctrl-C or SIGTERM; one that came while no one waited counts.
    pub(crate) async fn pressed(&self) {
        PRESSED.notified().await;
    }
}

impl Drop for Answered {
    fn drop(&mut self) {
        HOST_IS_OPEN.store(false, Ordering::SeqCst);
    }
}

fn listen(ready: mpsc::Sender<()>) {
    // Without signals they end the program as they do by themselves.
    let _ = answer(ready);
}

fn answer(ready: mpsc::Sender<()>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut interrupts = signal(SignalKind::interrupt())?;
        let mut ends = signal(SignalKind::terminate())?;
        let mut hangups = signal(SignalKind::hangup())?;
        let _ = ready.send(());
        loop {
            let is_hangup = tokio::select! {
                _ = interrupts.recv() => false,
                _ = ends.recv() => false,
                _ = hangups.recv() => true,
            };
            let is_open = HOST_IS_OPEN.load(Ordering::SeqCst);
            let is_ending = is_open && HOST_IS_ENDING.swap(true, Ordering::SeqCst);
            if is_open && !is_ending {
                PRESSED.notify_one();
            } else if is_ending && is_hangup {
                // The end of a terminal is told twice: by the shell, and by the system.
            } else {
                toolchain::kill_all();
                shell::give_back_terminal();
                std::process::exit(i32::from(Exit::Interrupted as u8));
            }
        }
    })
}
