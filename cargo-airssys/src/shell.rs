//! The only place that prints: results on standard output, talk and progress on standard error.

mod amount;
mod ask;
mod audit;
mod cases;
mod dev;
mod event;
mod keys;
mod log;
mod permission;
mod progress;
mod table;
mod upgrade;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

pub(crate) use amount::{counted, grouped, millis, percent, seconds, size, took};
pub(crate) use cases::cases;
pub(crate) use keys::{Keys, give_back_terminal};
pub(crate) use permission::permissions;
pub(crate) use table::aligned;
pub(crate) use upgrade::upgrade;

use crate::exit::{Exit, Failure};
pub(crate) use airssys_wasm::printable_line;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    // For people. No doc comment: it would take three lines in the help of every verb.
    #[default]
    Text,
    // One object for each result.
    Json,
}

/// Prints everything the program says.
pub(crate) struct Shell {
    format: Format,
    quiet: bool,
    spinner: Mutex<Option<ProgressBar>>,
}

/// A spinner that turns until it is dropped.
pub(crate) struct Spinner<'a>(&'a Shell);

impl Shell {
    /// A shell that prints in this format; a quiet one says nothing but results, warnings and errors.
    pub(crate) fn new(format: Format, quiet: bool) -> Self {
        Self {
            format,
            quiet,
            spinner: Mutex::new(None),
        }
    }

    /// Prints the help, or the version; on standard error when it was not asked for.
    pub(crate) fn show(text: &impl Display, exit: Exit) -> io::Result<()> {
        match exit {
            Exit::Ok => unbroken(write!(anstream::stdout(), "{text}")),
            _ => unbroken(write!(anstream::stderr(), "{text}")),
        }
    }

    /// Prints a result: `text` for people, or `value` as one JSON object.
    pub(crate) fn result(&self, text: impl Display, value: &impl Serialize) -> io::Result<()> {
        self.hide_spinner();
        let mut out = anstream::stdout();
        match self.format {
            Format::Text => unbroken(writeln!(out, "{text}")),
            Format::Json => unbroken(writeln!(out, "{}", serde_json::to_string(value)?)),
        }
    }

    /// Prints bytes as they are: the answer of a component, or a completion script.
    /// A terminal gets a line end after them, and nothing that would steer it.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        self.hide_spinner();
        let mut out = io::stdout().lock();
        let shown = out
            .is_terminal()
            .then(|| airssys_wasm::printable(&String::from_utf8_lossy(bytes)));
        let bytes = shown.as_ref().map_or(bytes, |text| text.as_bytes());
        let unfinished = shown.is_some() && !bytes.is_empty() && !bytes.ends_with(b"\n");
        let end: &[u8] = if unfinished { b"\n" } else { b"" };
        unbroken(
            out.write_all(bytes)
                .and_then(|()| out.write_all(end))
                .and_then(|()| out.flush()),
        )
    }

    /// Whether results are JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether only results, warnings and errors are printed.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Says what was done, with the word for it first: `Built`, `Deployed`.
    pub(crate) fn done(&self, word: &str, text: impl Display) {
        if !self.quiet {
            self.say(format_args!("{GOOD}{word:>12}{GOOD:#} {text}"));
        }
    }

    /// Begins a part of what follows.
    pub(crate) fn heading(&self, text: impl Display) {
        if !self.quiet {
            self.say(format_args!("{HINT}{text}{HINT:#}"));
        }
    }

    /// Says something in passing.
    pub(crate) fn note(&self, text: impl Display) {
        if !self.quiet {
            self.say(text);
        }
    }

    /// Warns in a line, even when quiet; names of files and what others say can be in it.
    pub(crate) fn warn(&self, text: impl Display) {
        self.say(format_args!(
            "{WARNING}warning{WARNING:#}: {}",
            printable_line(&text.to_string())
        ));
    }

    /// Prints why the program ends, as one `error:` and one `help:` line, or as one JSON object.
    pub(crate) fn failure(&self, failure: &Failure) {
        self.hide_spinner();
        if !failure.transcript.is_empty() {
            self.say(failure.transcript.trim_end());
        }
        if self.is_json() {
            let reported = failure.reported();
            // Nobody is left to tell when the error cannot be printed.
            let _ = writeln!(
                anstream::stdout(),
                "{}",
                serde_json::to_string(&reported).unwrap_or_default()
            );
        } else {
            self.say(format_args!(
                "{ERROR}error{ERROR:#}: {}",
                printable_line(&failure.message)
            ));
            self.say(format_args!("{HINT}help{HINT:#}: {}", printable_line(&failure.help)));
            self.lines(failure.lines());
        }
    }

    /// Prints lines that are to be copied, as they are.
    pub(crate) fn lines(&self, lines: &str) {
        for line in lines.lines() {
            self.say(printable_line(line));
        }
    }

    /// Turns a spinner on a terminal; says nothing elsewhere.
    pub(crate) fn spin(&self, text: impl Display) -> Spinner<'_> {
        self.turn(text);
        Spinner(self)
    }

    /// Starts the spinner, or gives the turning one another text.
    pub(crate) fn turn(&self, text: impl Display) {
        if self.quiet || !io::stderr().is_terminal() {
            return;
        }
        let mut spinner = lock(&self.spinner);
        let bar = spinner.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner:>12.green} {wide_msg} {prefix:>4} {elapsed:.dim}")
            {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        bar.set_prefix("");
        bar.set_message(printable_line(&text.to_string().replace('\n', " ")));
    }

    /// Shows how far the spinner's step is.
    fn measure(&self, done: u64, total: u64) {
        if let Some(bar) = &*lock(&self.spinner) {
            bar.set_prefix(format!("{}%", done * 100 / total.max(1)));
        }
    }

    /// Whether what is printed as talk may have colours.
    pub(crate) fn has_color(&self) -> bool {
        anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
    }

    /// Ends the spinner, if one turns.
    pub(crate) fn hide_spinner(&self) {
        if let Some(bar) = lock(&self.spinner).take() {
            bar.finish_and_clear();
        }
    }

    fn say(&self, text: impl Display) {
        let line = || {
            // Talk is worth no failure.
            let _ = writeln!(anstream::stderr(), "{text}");
        };
        match &*lock(&self.spinner) {
            Some(bar) => bar.suspend(line),
            None => line(),
        }
    }
}

impl Drop for Spinner<'_> {
    fn drop(&mut self) {
        self.0.hide_spinner();
    }
}

/// A reader that has gone, as in `airssys-wasm status | head -1`, is no failure.
fn unbroken(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// A spinner is as good as before when a thread that drew it has panicked.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_unknown_origin_cannot_steer_a_terminal() {
        assert_eq!(printable_line("a\u{1b}[31mb\r\tä"), "a\\u{1b}[31mb\\r\tä");
        assert_eq!(
            printable_line("a\u{202e}b\u{2066}c\u{200f}"),
            "a\\u{202e}b\\u{2066}c\\u{200f}"
        );
    }

    #[test]
    fn text_of_unknown_origin_begins_no_line() {
        assert_eq!(
            printable_line("no\nhelp: run this\u{2028}"),
            "no\\nhelp: run this\\u{2028}"
        );
    }
}
