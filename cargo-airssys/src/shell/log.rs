//! Lines of a component's log.

use std::io::{self, Write as _};

use airssys_wasm::observe::{LogEntry, LogStream, Logged};

use super::{Shell, grouped, printable_line};

impl Shell {
    /// Prints a line of a log as a result.
    ///
    /// # Errors
    ///
    /// Also when the reader has gone: then there is nobody to follow for.
    pub(crate) fn logged(&self, entry: &LogEntry) -> io::Result<()> {
        if self.is_json() {
            return writeln!(anstream::stdout(), "{}", serde_json::to_string(entry)?);
        }
        writeln!(anstream::stdout(), "{}", text(entry))
    }
}

fn text(entry: &LogEntry) -> String {
    let at = entry.at.format("%Y-%m-%d %H:%M:%S%.3f");
    match &entry.logged {
        Logged::Line { stream, level, line } => {
            let way = match (level, stream) {
                (Some(level), _) => level.as_str(),
                (None, LogStream::Error) => "stderr",
                (None, _) => "stdout",
            };
            format!("{at} {way:<8} {}", printable_line(line))
        }
        Logged::Cut { cut_bytes } => format!("{at} ({} bytes were cut here)", grouped(*cut_bytes)),
        _ => format!("{at}"),
    }
}
