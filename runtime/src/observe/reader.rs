//! Reads logs, beside the host that writes them or without one.

use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::entry::LogEntry;
use super::files::{folder, newer, older, open};
use crate::component::ComponentName;
use crate::error::Error;

/// Reads a log as it grows.
#[derive(Debug)]
pub struct LogReader {
    newer: PathBuf,
    older: PathBuf,
    /// Which file was read, and how far.
    read: Option<(u64, u64)>,
}

impl LogReader {
    /// Reads the log of a component in a state directory.
    pub fn new(state_dir: &Path, name: &ComponentName) -> Self {
        let folder = folder(state_dir);
        Self {
            newer: newer(&folder, name),
            older: older(&folder, name),
            read: None,
        }
    }

    /// All that is kept, the oldest entry first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when a file cannot be read.
    pub fn kept(&mut self) -> Result<Vec<LogEntry>, Error> {
        self.read = None;
        let mut entries = self.next_of(&self.older.clone())?;
        entries.extend(self.next_of(&self.newer.clone())?);
        Ok(entries)
    }

    /// The entries that came after those that were returned.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the file cannot be read.
    #[expect(clippy::should_implement_trait, reason = "it does not end where nothing is new")]
    pub fn next(&mut self) -> Result<Vec<LogEntry>, Error> {
        let (newer, older) = (self.newer.clone(), self.older.clone());
        let mut entries = Vec::new();
        let has_moved = self.read.is_some_and(|(file, _)| number(&newer) != Some(file));
        if has_moved && number(&older) == self.read.map(|(file, _)| file) {
            // The file became the older one: the rest of it comes first.
            entries = self.next_of(&older)?;
        }
        entries.extend(self.next_of(&newer)?);
        Ok(entries)
    }

    fn next_of(&mut self, path: &Path) -> Result<Vec<LogEntry>, Error> {
        let mut read = || -> io::Result<Vec<LogEntry>> {
            let Some(mut file) = open(path)? else {
                return Ok(Vec::new());
            };
            let number = file.metadata()?.ino();
            let begin = match self.read {
                Some((known, position)) if known == number => position,
                _ => 0,
            };
            file.seek(SeekFrom::Start(begin))?;
            let (mut position, mut entries) = (begin, Vec::new());
            let mut lines = BufReader::new(file);
            let mut line = Vec::new();
            loop {
                line.clear();
                let length = lines.read_until(b'\n', &mut line)?;
                // A line without its end is still being written.
                if !line.ends_with(b"\n") {
                    break;
                }
                position += length as u64;
                // A line that a crash has cut is none.
                entries.extend(serde_json::from_slice::<LogEntry>(&line).ok());
            }
            self.read = Some((number, position));
            Ok(entries)
        };
        read().map_err(|error| Error::store("reading a log", error))
    }
}

fn number(path: &Path) -> Option<u64> {
    path.metadata().ok().map(|metadata| metadata.ino())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::observe::{LogWriter, Logged};

    fn output(name: &ComponentName, line: String) -> Event {
        Event::Output {
            component: name.clone(),
            error: false,
            level: None,
            line,
        }
    }

    fn kept(state_dir: &Path, name: &ComponentName) -> Result<Vec<LogEntry>, Error> {
        LogReader::new(state_dir, name).kept()
    }

    fn lines(entries: Vec<LogEntry>) -> Vec<String> {
        let line = |entry: LogEntry| match entry.logged {
            Logged::Line { line, .. } => line,
            Logged::Cut { .. } => "cut".into(),
        };
        entries.into_iter().map(line).collect()
    }

    #[test]
    fn however_many_components_write_the_open_files_have_a_bound() {
        let state = tempfile::tempdir().unwrap();
        let writer = LogWriter::new(state.path());
        let names: Vec<ComponentName> = (0..300).map(|n| format!("a-{n}").parse().unwrap()).collect();
        for round in ["first", "second"] {
            for name in &names {
                writer.event(&output(name, round.into()));
            }
            writer.settle();
        }
        let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        let open = open.filter_map(|file| std::fs::read_link(file.path()).ok());
        let open = open.filter(|path| path.starts_with(state.path())).count();
        assert!((1..=128).contains(&open), "{open}");
        for name in &names {
            assert_eq!(lines(kept(state.path(), name).unwrap()), ["first", "second"], "{name}");
        }
    }

    #[test]
    fn what_is_written_is_read_also_while_it_is_written() {
        let state = tempfile::tempdir().unwrap();
        let name: ComponentName = "a".parse().unwrap();
        assert!(kept(state.path(), &name).unwrap().is_empty());
        let writer = LogWriter::new(state.path());
        let mut follower = LogReader::new(state.path(), &name);
        for n in 0..3 {
            writer.event(&output(&name, format!("line {n}")));
            writer.settle();
            assert_eq!(lines(follower.next().unwrap()), [format!("line {n}")]);
        }
        assert_eq!(
            lines(kept(state.path(), &name).unwrap()),
            ["line 0", "line 1", "line 2"]
        );
        // Two components share no file.
        assert!(kept(state.path(), &"b".parse().unwrap()).unwrap().is_empty());
    }

    #[test]
    fn a_flood_is_cut_and_counted_to_the_byte() {
        let state = tempfile::tempdir().unwrap();
        let name: ComponentName = "a".parse().unwrap();
        let writer = LogWriter::new(state.path());
        let (count, line) = (60_000, "x".repeat(99));
        for _ in 0..count {
            writer.event(&output(&name, line.clone()));
        }
        writer.settle();
        let entries = kept(state.path(), &name).unwrap();
        let (mut kept, mut cut) = (0, 0);
        for entry in entries {
            match entry.logged {
                Logged::Line { line, .. } => kept += line.len() as u64 + 1,
                Logged::Cut { cut_bytes } => cut += cut_bytes,
            }
        }
        assert!(cut > 0);
        assert_eq!(kept + cut, count * 100);
    }

    #[test]
    fn a_line_that_a_crash_has_cut_is_left_out() {
        let state = tempfile::tempdir().unwrap();
        let name: ComponentName = "a".parse().unwrap();
        let writer = LogWriter::new(state.path());
        writer.event(&output(&name, "whole".into()));
        writer.settle();
        let path = newer(&folder(state.path()), &name);
        let mut text = std::fs::read(&path).unwrap();
        text.extend(b"{\"at\":\n");
        std::fs::write(&path, text).unwrap();
        assert_eq!(lines(kept(state.path(), &name).unwrap()), ["whole"]);
    }
}
