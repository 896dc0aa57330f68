//! The answers to the calls of a case that say no expectation, in a file beside the case.
//!
//! The file is text to be read and compared by people.
//! Each call has a heading at the begin of a line, and below it what the answer is and, indented, what it says.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::answer::{Answer, Shown};
use super::case::Case;
use super::error::Error;
use super::outcome::{Difference, Verdict};

/// What begins the heading of a call.
const HEADING: &str = "call ";

/// The largest snapshot, in bytes.
const MAX_SNAPSHOT: u64 = 64 << 20;

/// A snapshot as it is, and as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its file.
    pub path: PathBuf,
    /// What the file has; none when there is no file.
    pub old: Option<String>,
    /// What the file is to have.
    pub new: String,
}

/// The snapshot of a case while its calls are made.
pub(super) struct Recording {
    snapshot: Snapshot,
    sections: HashMap<String, String>,
}

impl Snapshot {
    /// Whether the file has what it is to have.
    pub fn verdict(&self) -> Verdict {
        match &self.old {
            None => Verdict::New,
            Some(old) if *old == self.new => Verdict::Passed,
            Some(_) => Verdict::Changed,
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub fn accept(&self) -> Result<(), Error> {
        let failed = |reason| Error::File {
            path: self.path.clone(),
            reason,
        };
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        // Written aside, so that a reader sees the old text or the new.
        let mut builder = tempfile::Builder::new();
        // A temporary file is its owner's alone; a snapshot is a file of the project, and the umask says whose.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut aside = builder.tempfile_in(folder.unwrap_or(".".as_ref())).map_err(failed)?;
        std::io::Write::write_all(&mut aside, self.new.as_bytes()).map_err(failed)?;
        aside.persist(&self.path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

impl Recording {
    /// Begins the snapshot of a case; none when it needs none.
    pub(super) fn begin(case: &Case) -> Result<Option<Self>, Error> {
        let Some(path) = case.snapshot_path() else {
            return Ok(None);
        };
        let name = path.file_name().unwrap_or_default();
        let old = match case.place().read_bounded(Path::new(name), MAX_SNAPSHOT) {
            // A checkout may have given the lines other ends.
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).replace("\r\n", "\n")),
            Err(Error::File { reason, .. }) if reason.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let sections = old.as_deref().map(sections).unwrap_or_default();
        let file = case.path().file_name().unwrap_or_default();
        let new = format!(
            "Answers to the calls of {} that expect nothing else; `cargo airssys test --update` writes them.\n",
            file.to_string_lossy()
        );
        let snapshot = Snapshot { path, old, new };
        Ok(Some(Self { snapshot, sections }))
    }

    /// Adds an answer, and compares it with what the file has for the call.
    pub(super) fn add(&mut self, number: usize, call: &str, answer: &Answer) -> (Verdict, Option<Difference>) {
        let heading = format!("{HEADING}{number}: {call}");
        let section = section(answer);
        self.snapshot.new.push_str(&format!("\n{heading}\n{section}"));
        match self.sections.get(&heading) {
            Some(old) if *old == section => (Verdict::Passed, None),
            Some(old) => {
                let difference = answer.unlike("the answer differs from the snapshot", undented(old));
                (Verdict::Changed, Some(difference))
            }
            None => {
                let difference = answer.unlike("there is no snapshot of this call yet", "");
                (Verdict::New, Some(difference))
            }
        }
    }

    /// The snapshot, when all calls are made.
    pub(super) fn finish(self) -> Snapshot {
        self.snapshot
    }
}

/// An answer below its heading.
/// No line of it can be taken for a heading, whatever the guest says.
fn section(answer: &Answer) -> String {
    let Shown { head, body } = answer.shown();
    let head = head.into_iter().map(|line| format!("{line}\n"));
    let body = body.split('\n').map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("  {line}\n"),
    });
    head.chain(body).collect()
}

/// A section as its answer is shown elsewhere.
fn undented(section: &str) -> String {
    let lines = section.lines().map(|line| line.strip_prefix("  ").unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// The sections of a snapshot by their headings.
fn sections(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut heading: Option<String> = None;
    let mut section = String::new();
    for line in text.lines() {
        if line.starts_with(HEADING) {
            if let Some(heading) = heading.replace(line.to_owned()) {
                // An empty line parts it from the next heading.
                found.insert(heading, section.strip_suffix('\n').unwrap_or(&section).to_owned());
            }
            section.clear();
        } else {
            section.push_str(line);
            section.push('\n');
        }
    }
    if let Some(heading) = heading {
        found.insert(heading, section);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{ComponentError, Message};

    fn case(folder: &std::path::Path) -> Case {
        let text = "case-version = 1\n[[call]]\nmessage = \"a\"\n[[call]]\nmessage = \"b\"\n";
        Case::parse(folder.join("a.toml"), text).unwrap()
    }

    fn record(case: &Case, answers: [&str; 2]) -> (Vec<Verdict>, Snapshot) {
        let mut recording = Recording::begin(case).unwrap().unwrap();
        let add = |(index, text): (usize, &str)| {
            let label = case.calls[index].request.label();
            recording
                .add(index + 1, &label, &Answer::Message(Message::text(text)))
                .0
        };
        let verdicts = answers.into_iter().enumerate().map(add).collect();
        (verdicts, recording.finish())
    }

    #[test]
    fn a_snapshot_is_new_then_the_same_then_changed() {
        use Verdict::{Changed, New, Passed};
        let folder = tempfile::tempdir().unwrap();
        let case = case(folder.path());
        let answers = ["one\n\ncall 2: message \"b\"", ""];
        let (verdicts, snapshot) = record(&case, answers);
        assert_eq!((verdicts, snapshot.verdict()), (vec![New, New], New));
        snapshot.accept().unwrap();
        let (verdicts, snapshot) = record(&case, answers);
        assert_eq!((verdicts, snapshot.verdict()), (vec![Passed, Passed], Passed));
        let (verdicts, snapshot) = record(&case, [answers[0], "two"]);
        assert_eq!((verdicts, snapshot.verdict()), (vec![Passed, Changed], Changed));
        assert_eq!(
            snapshot.new,
            "Answers to the calls of a.toml that expect nothing else; `cargo airssys test --update` writes them.\n\
             \ncall 1: message \"a\"\n  one\n\n  call 2: message \"b\"\n\
             \ncall 2: message \"b\"\n  two\n"
        );
    }

    #[test]
    fn an_error_with_other_line_ends_passes_once_it_is_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let case = Case::parse(
            folder.path().join("a.toml"),
            "case-version = 1\n[[call]]\nmessage = \"a\"\n",
        )
        .unwrap();
        let record = || {
            let error = crate::Error::Guest(ComponentError::Denied("one\r\ntwo\r".into()));
            let mut recording = Recording::begin(&case).unwrap().unwrap();
            let verdict = recording.add(1, "message \"a\"", &Answer::error(error)).0;
            (verdict, recording.finish())
        };
        let (verdict, snapshot) = record();
        assert_eq!(verdict, Verdict::New);
        snapshot.accept().unwrap();
        let (verdict, snapshot) = record();
        assert_eq!((verdict, snapshot.verdict()), (Verdict::Passed, Verdict::Passed));
    }

    #[cfg(unix)]
    #[test]
    fn a_snapshot_has_the_mode_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode();
        let usual = folder.path().join("usual");
        std::fs::write(&usual, "").unwrap();
        let (_, snapshot) = record(&case(folder.path()), ["a", "b"]);
        snapshot.accept().unwrap();
        assert_eq!(mode(&snapshot.path), mode(&usual));
    }

    #[test]
    fn a_call_that_is_gone_changes_the_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let two = case(folder.path());
        record(&two, ["a", "b"]).1.accept().unwrap();
        let one = Case::parse(two.path(), "case-version = 1\n[[call]]\nmessage = \"a\"\n").unwrap();
        let mut recording = Recording::begin(&one).unwrap().unwrap();
        let answer = Answer::Message(Message::text("a"));
        assert_eq!(recording.add(1, "message \"a\"", &answer).0, Verdict::Passed);
        assert_eq!(recording.finish().verdict(), Verdict::Changed);
    }
}
