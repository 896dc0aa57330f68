//! Runs a cargo that reports in JSON and hands on its messages one by one.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use cargo_metadata::Message;

use super::stop::{self, Stop};

/// The most bytes of one line of a program's output; the rest of it counts as the next line.
const LONGEST_LINE: u64 = 64 << 10;

/// The cargo to run: the one that runs us, when there is one.
pub(super) fn program() -> OsString {
    env::var_os("CARGO")
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| OsString::from("cargo"))
}

/// Runs `command`; `message` gets its JSON messages, `line` gets each line of its standard error from another thread.
pub(super) fn stream(
    command: &mut Command,
    stop: Option<&Stop>,
    mut message: impl FnMut(Message),
    line: impl Fn(&str) + Sync,
) -> io::Result<ExitStatus> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = stop::spawn(stop, command)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        if let Some(stderr) = stderr {
            scope.spawn(|| lines(stderr, &line));
        }
        if let Some(stdout) = stdout {
            for parsed in Message::parse_stream(BufReader::new(stdout)) {
                message(parsed?);
            }
        }
        io::Result::Ok(())
    })?;
    stop::wait(stop, &mut child)
}

/// Hands on each line of a program's output until it ends; blocks.
pub(crate) fn lines(output: impl Read, line: impl Fn(&str)) {
    let mut output = BufReader::new(output);
    let mut said = Vec::new();
    loop {
        said.clear();
        match output.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut said) {
            // What cannot be read any more says nothing more.
            Ok(0) | Err(_) => return,
            Ok(_) => line(String::from_utf8_lossy(&said).trim_end()),
        }
    }
}
