//! A program in a real pseudo-terminal, and what its screen shows.

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::{Session, program};

/// How long something is waited for that has to come; only a broken program takes so long.
const LONGEST: Duration = Duration::from_secs(300);

/// A terminal that is tall enough to show all that was ever printed.
const ROWS: u16 = 400;

/// A program that runs in a terminal.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    shown: Arc<Shown>,
    /// Keeps the terminal open.
    master: Box<dyn MasterPty + Send>,
}

struct Shown {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: vt100::Parser,
    is_over: bool,
}

impl Terminal {
    /// Starts `airssys-wasm` with these arguments, in the folder of a shell, in a terminal of so many columns.
    pub fn start(session: &Session, columns: u16, arguments: &[&str]) -> Self {
        Self::start_in(session, session.folder(), columns, arguments)
    }

    /// [`Terminal::start`] in another folder.
    pub fn start_in(session: &Session, folder: &Path, columns: u16, arguments: &[&str]) -> Self {
        let size = PtySize {
            rows: ROWS,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program("airssys-wasm"));
        command.args(arguments);
        command.cwd(folder);
        command.env_clear();
        for (name, value) in session.variables() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().expect("the terminal can be read");
        let shown = Arc::new(Shown {
            state: Mutex::new(State {
                parser: vt100::Parser::new(wide(ROWS), wide(columns), 0),
                is_over: false,
            }),
            changed: Condvar::new(),
        });
        let show = shown.clone();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // A terminal whose program has ended gives an error.
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                show.lock().parser.process(&bytes[..read]);
                show.changed.notify_all();
            }
            show.lock().is_over = true;
            show.changed.notify_all();
        });
        Self {
            child,
            input: pair.master.take_writer().expect("the terminal can be written to"),
            shown,
            master: pair.master,
        }
    }

    /// Types these keys.
    pub fn press(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).expect("the program reads");
    }

    /// Everything that is on the screen, without colours and without the spaces at the ends of lines.
    pub fn screen(&self) -> String {
        contents(&self.shown.lock())
    }

    /// Waits until the screen is as wanted, and returns it.
    pub fn wait(&self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        let state = self.shown.lock();
        let waits = |state: &mut State| !is_there(&contents(state)) && !state.is_over;
        let waited = self.shown.changed.wait_timeout_while(state, LONGEST, waits);
        let (state, _) = waited.expect("no test panics here");
        let screen = contents(&state);
        assert!(is_there(&screen), "it never came to {what}; the screen is\n{screen}");
        screen
    }

    /// Waits until a text is on the screen so many times.
    pub fn wait_for(&self, text: &str, times: usize) -> String {
        self.wait(&format!("{times} × `{text}`"), |screen| {
            screen.matches(text).count() >= times
        })
    }

    /// Which of `icanon` and `echo` the terminal does: lines as a whole, and what is typed on the screen.
    pub fn modes(&self) -> Vec<&'static str> {
        let modes = self
            .master
            .get_termios()
            .expect("a terminal of this system")
            .local_flags;
        // Their type is another crate's, and says its names.
        let names = format!("{modes:?}").to_lowercase();
        let is_set = |name: &&str| {
            names
                .split(|letter: char| !letter.is_alphanumeric())
                .any(|word| word == *name)
        };
        ["icanon", "echo"].into_iter().filter(is_set).collect()
    }

    /// Waits for the program's end, and looks how it has left the terminal.
    pub fn modes_at_end(mut self) -> Vec<&'static str> {
        let exit = self.child.wait().expect("it was started").exit_code();
        assert_eq!(exit, 0, "{}", self.screen());
        self.modes()
    }

    /// Waits for the program's end; its exit code, and what is on the screen then.
    pub fn end(mut self) -> (u32, String) {
        let screen = {
            let state = self.shown.lock();
            let waited = self
                .shown
                .changed
                .wait_timeout_while(state, LONGEST, |state| !state.is_over);
            let (state, _) = waited.expect("no test panics here");
            assert!(
                state.is_over,
                "the program does not end; the screen is\n{}",
                contents(&state)
            );
            contents(&state)
        };
        (self.child.wait().expect("it has ended").exit_code(), screen)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // After a failed assertion; otherwise it has ended already.
        let _ = self.child.kill();
    }
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics here")
    }
}

fn wide(number: u16) -> NonZero<u16> {
    NonZero::new(number).expect("a terminal has rows and columns")
}

fn contents(state: &State) -> String {
    let text = state.parser.screen().contents();
    let lines = text.lines().map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n")
}
