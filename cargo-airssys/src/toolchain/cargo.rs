//! Runs a cargo that reports in JSON and hands on its messages one by one.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use cargo_metadata::Message;

/// The cargo to run: the one that runs us, when there is one.
pub(super) fn program() -> OsString {
    env::var_os("CARGO")
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| OsString::from("cargo"))
}

/// Runs `command`; `message` gets its JSON messages, `line` gets each line of its standard error from another thread.
pub(super) fn stream(
    command: &mut Command,
    mut message: impl FnMut(Message),
    line: impl Fn(&str) + Sync,
) -> io::Result<ExitStatus> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        if let Some(stderr) = stderr {
            scope.spawn(|| {
                for said in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                    line(String::from_utf8_lossy(&said).trim_end());
                }
            });
        }
        if let Some(stdout) = stdout {
            for parsed in Message::parse_stream(BufReader::new(stdout)) {
                message(parsed?);
            }
        }
        io::Result::Ok(())
    })?;
    child.wait()
}
