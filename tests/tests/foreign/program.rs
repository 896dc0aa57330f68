//! Runs the programs of other languages, within a time limit and without input.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// A command as words; `{tools}` stands for the folder of the language's tools, and `{world}` for the world.
pub(crate) type Words = &'static [&'static str];

/// Fills in a command's words.
pub(crate) fn filled(words: Words, tools: &Path, world: &str) -> Vec<String> {
    let fill = |word: &&str| {
        word.replace("{tools}", &tools.to_string_lossy())
            .replace("{world}", world)
    };
    words.iter().map(fill).collect()
}

/// Runs a command in a folder; the error is what it said last.
pub(crate) fn run(words: &[String], folder: &Path, tools: &Path, limit: Duration) -> Result<(), String> {
    let line = words.join(" ");
    // A file, because a grandchild that outlives a killed child would keep a pipe open.
    let mut said = tempfile::tempfile().map_err(|error| error.to_string())?;
    let ended = wait(words, folder, tools, limit, &said).map_err(|error| format!("`{line}`: {error}"))?;
    if ended {
        return Ok(());
    }
    let mut text = String::new();
    let _ = said.rewind().and_then(|()| said.read_to_string(&mut text));
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    // Some programs say the reason first, and some last.
    let (first, rest) = lines.split_at(lines.len().min(6));
    let last = &rest[rest.len().saturating_sub(6)..];
    Err(format!("`{line}` failed:\n  {}", [first, last].concat().join("\n  ")))
}

/// Whether the command ended well.
fn wait(words: &[String], folder: &Path, tools: &Path, limit: Duration, said: &File) -> std::io::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut command = tokio::process::Command::new(&words[0]);
    command
        .args(&words[1..])
        .current_dir(folder)
        .env("PIP_NO_INPUT", "1")
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("NO_UPDATE_NOTIFIER", "1")
        // Zig keeps its own libraries, compiled once, where it is told to; Go as well.
        .env("ZIG_GLOBAL_CACHE_DIR", tools.join("../zig-cache"))
        .stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(said.try_clone()?)
        .kill_on_drop(true);
    runtime.block_on(async {
        let mut child = command.spawn()?;
        let over = || std::io::Error::other(format!("not finished within {} s", limit.as_secs()));
        let status = tokio::time::timeout(limit, child.wait()).await.map_err(|_| over())??;
        Ok(status.success())
    })
}
