//! A case: what a component is called with, in which surroundings, and what is expected.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::error::{CaseError, Error};
use super::expectation::{ErrorExpectation, Expectation};
use super::project_file::{Place, all_of};
use super::request::{Request, relative};
use super::schema::{CallTable, CaseTable, GrantsTable};
use crate::interface::{Directory, Source};

/// The `case-version` that this build reads.
const CASE_VERSION: i64 = 1;

/// The largest case file, in bytes.
const MAX_CASE_BYTES: usize = 4 << 20;

/// A case, as its file says it.
#[derive(Debug)]
pub struct Case {
    path: PathBuf,
    /// What the files are in that it names; see [`Place`].
    project: Option<PathBuf>,
    pub(super) description: Option<String>,
    pub(super) source: Source,
    pub(super) config: Option<serde_json::Map<String, serde_json::Value>>,
    /// Paths of this machine are relative to the case's folder.
    pub(super) directories: Vec<Directory>,
    pub(super) start_error: Option<ErrorExpectation>,
    pub(super) calls: Vec<Call>,
    /// Which calls a test of an upgrade makes when; none when all of them are made in every part of it.
    pub(super) parts: Option<Parts>,
}

/// The calls before an upgrade, those after it, and those after the rollback, by their places in the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) before: Range<usize>,
    pub(super) upgraded: Range<usize>,
    pub(super) back: Range<usize>,
}

/// A call and what is expected of it.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) request: Request,
    pub(super) expectation: Expectation,
}

impl Case {
    /// Reads a case file.
    ///
    /// # Errors
    ///
    /// [`Error::File`] when it cannot be read, [`Error::Case`] when it is no case.
    pub fn read(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        match all_of(&path, MAX_CASE_BYTES as u64) {
            Ok(bytes) => Self::parse(path, &String::from_utf8_lossy(&bytes)),
            Err(reason) => Err(Error::File { path, reason }),
        }
    }

    /// Reads the text of a case file.
    /// The path names the case, and what the text names is relative to its folder; the file itself is not read.
    ///
    /// # Errors
    ///
    /// [`Error::Case`].
    pub fn parse(path: impl Into<PathBuf>, text: &str) -> Result<Self, Error> {
        let path = path.into();
        read(&path, text).map_err(|(offset, reason)| Error::Case(CaseError::at(path, text, offset, reason)))
    }

    /// The same case of a project in this folder: what the case names is in it, wherever links lead.
    ///
    /// Otherwise that is the folder that holds `tests/cases`, when the path of the case says that it is there, and else the
    /// folder of the case.
    #[must_use]
    pub fn within(self, project: impl Into<PathBuf>) -> Self {
        Self {
            project: Some(project.into()),
            ..self
        }
    }

    /// The name of its file, without `.toml`.
    pub fn name(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says of itself.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The file of its snapshot, beside its own; none when every call says what it expects.
    pub fn snapshot_path(&self) -> Option<PathBuf> {
        let mut expectations = self.calls.iter().map(|call| &call.expectation);
        expectations
            .any(|expectation| matches!(expectation, Expectation::Snapshot))
            .then(|| self.path.with_extension("snap"))
    }

    /// The folder that paths are relative to, and the project that they are in.
    pub(super) fn place(&self) -> Place {
        Place {
            folder: self.path.parent().unwrap_or(Path::new(".")).to_owned(),
            project: self.project.clone(),
        }
    }
}

/// Where in the text something is wrong, and what.
type Wrong = (usize, String);

fn read(path: &Path, text: &str) -> Result<Case, Wrong> {
    if text.len() > MAX_CASE_BYTES {
        return Err((0, "a case has at most 4 MiB; name large messages as files".into()));
    }
    let table: CaseTable = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        (offset, error.message().trim().to_owned())
    })?;
    if *table.case_version.get_ref() != CASE_VERSION {
        let reason = format!(
            "`case-version` is {}, and this build reads {CASE_VERSION}",
            table.case_version.get_ref()
        );
        return Err((table.case_version.span().start, reason));
    }
    if table.call.is_empty() && table.expect_start_error.is_none() {
        let reason = "the case has no `[[call]]`, and no `expect-start-error` either";
        return Err((0, reason.into()));
    }
    if let (Some(call), Some(_)) = (table.call.first(), &table.expect_start_error) {
        let reason = "a case with `expect-start-error` has no calls: nothing runs that could take them";
        return Err((call.span().start, reason.into()));
    }
    let parts = parts(&table.call)?;
    let start_error = table.expect_start_error.map(ErrorExpectation::read).transpose();
    let calls = table.call.into_iter().map(|call| {
        let Range { start, .. } = call.span();
        call_of(call.into_inner()).map_err(|reason| (start, reason))
    });
    Ok(Case {
        path: path.to_owned(),
        project: None,
        description: table.description,
        source: Source {
            seed: table.seed,
            clock: table.clock.0,
        },
        config: table.config,
        directories: directories(table.grants)?,
        start_error: start_error.map_err(|reason| (text.find("expect-start-error").unwrap_or(0), reason))?,
        calls: calls.collect::<Result<_, Wrong>>()?,
        parts,
    })
}

/// What the marks of calls say; a mark holds from its call on.
fn parts(calls: &[Spanned<CallTable>]) -> Result<Option<Parts>, Wrong> {
    let (mut upgraded, mut back) = (None, None);
    for (place, call) in calls.iter().enumerate() {
        let refuse = |reason: &str| Err((call.span().start, reason.to_owned()));
        let CallTable {
            after_upgrade,
            after_rollback,
            ..
        } = call.get_ref();
        match (after_upgrade, after_rollback) {
            (true, true) => return refuse("a call is made after the upgrade or after the rollback"),
            (true, false) if back.is_some() => return refuse("there is no upgrade after the rollback"),
            (true, false) => upgraded = upgraded.or(Some(place)),
            (false, true) => back = back.or(Some(place)),
            (false, false) => {}
        }
    }
    let Some(begin) = upgraded.or(back) else {
        return Ok(None);
    };
    let end = back.unwrap_or(calls.len());
    Ok(Some(Parts {
        before: 0..begin,
        upgraded: begin..end,
        back: end..calls.len(),
    }))
}

fn call_of(table: CallTable) -> Result<Call, String> {
    let request = match (table.message, table.invoke, table.json) {
        (Some(message), None, None) => Request::message(message)?,
        (None, Some(invoke), json) => Request::invoke(invoke, json)?,
        (Some(_), None, Some(_)) => return Err("`json` beside `message` goes into it: `message = { json = … }`".into()),
        _ => return Err("a call has either `message` or `invoke`".into()),
    };
    let is_typed = request.is_typed();
    let expectation = match (table.expect, table.expect_error, table.expect_denied) {
        (None, None, None) => Expectation::Snapshot,
        (Some(answer), None, None) => Expectation::answer(answer, is_typed)?,
        (None, Some(error), None) => Expectation::Error(ErrorExpectation::read(error)?),
        (None, None, Some(text)) if !is_typed => Expectation::Denied(text),
        (None, None, Some(_)) => {
            return Err("`expect-denied` is for messages; a function returns what it denies".into());
        }
        _ => return Err("a call has one of `expect`, `expect-error` and `expect-denied`, or none of them".into()),
    };
    Ok(Call { request, expectation })
}

fn directories(grants: GrantsTable) -> Result<Vec<Directory>, Wrong> {
    let mut found: Vec<Directory> = Vec::new();
    for (paths, writable) in [(grants.file_read, false), (grants.file_write, true)] {
        for (guest, host) in paths {
            let refuse = |reason: String| Err((guest.span().start, reason));
            let text = guest.get_ref();
            if !text.starts_with('/') {
                return refuse(format!("the guest path `{text}` does not begin with `/`"));
            }
            if found.iter().any(|directory| directory.guest == *text) {
                return refuse(format!("`{text}` is granted twice; `file-write` includes reading"));
            }
            let folder = relative(host.get_ref()).map_err(|reason| (host.span().start, reason))?;
            found.push(Directory {
                guest: guest.into_inner(),
                host: folder,
                writable,
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"
case-version = 1
description = "everything"
seed = 42
clock = 2026-05-04T03:02:01Z
[config]
greeting = "Good day"
[grants]
file-read = { "/data" = "fixtures" }
file-write = { "/out" = "scratch" }
[[call]]
message = "world"
expect = "Good day, world!"
[[call]]
message = { base64 = "AAEC", content-type = "image/png", metadata = { trace = "a" } }
expect = { base64 = "AAEC", content-type = "image/png" }
[[call]]
message = { json = { a = 1 } }
expect = { json = { a = 1 }, contains = "a" }
[[call]]
invoke = "add(1, 2)"
expect = "3"
[[call]]
invoke = "add"
json = [1, 2]
expect = { json = 3 }
[[call]]
message = ""
expect-error = { code = "guest-error", contains = "whom" }
[[call]]
message = "secret"
expect-denied = ""
[[call]]
message = "anything"
"#;

    #[test]
    fn every_key_is_read() {
        let case = Case::parse("tests/cases/all.toml", FULL).unwrap();
        assert_eq!((case.name().as_str(), case.calls.len()), ("all", 8));
        assert_eq!(case.source.seed, 42);
        assert_eq!(case.source.clock.to_rfc3339(), "2026-05-04T03:02:01+00:00");
        assert_eq!(case.directories.len(), 2);
        assert!(case.directories[1].writable);
        assert_eq!(case.snapshot_path().unwrap(), Path::new("tests/cases/all.snap"));
        let small = Case::parse("a.toml", "case-version = 1\n[[call]]\nmessage = \"\"\nexpect = \"\"\n").unwrap();
        assert_eq!(small.snapshot_path(), None);
        assert_eq!(small.source.clock.to_rfc3339(), "2026-01-01T00:00:00+00:00");
    }

    #[test]
    fn a_mark_holds_from_its_call_on() {
        let check = |marks: &[&str], parts: Option<[Range<usize>; 3]>| {
            let calls = marks.iter().map(|mark| format!("[[call]]\nmessage = \"\"\n{mark}\n"));
            let text = format!("case-version = 1\n{}", calls.collect::<String>());
            let found = Case::parse("a.toml", &text).unwrap().parts;
            let found = found.map(|parts| [parts.before, parts.upgraded, parts.back]);
            assert_eq!(found, parts, "{marks:?}");
        };
        let (upgrade, rollback) = ("after-upgrade = true", "after-rollback = true");
        check(&["", "after-upgrade = false"], None);
        check(&["", upgrade, ""], Some([0..1, 1..3, 3..3]));
        check(&["", upgrade, upgrade, "", rollback, ""], Some([0..1, 1..4, 4..6]));
        check(&[upgrade], Some([0..0, 0..1, 1..1]));
        check(&["", rollback], Some([0..1, 1..1, 1..2]));
    }

    #[test]
    fn an_error_says_where_and_what_was_meant() {
        let check = |text: &str, line, column, part: &str, nearest: Option<&str>| {
            let text = format!("case-version = 1\n{text}");
            let Err(Error::Case(error)) = Case::parse("a.toml", &text) else {
                panic!("{text} is read");
            };
            assert!(error.reason.contains(part), "{error}");
            assert_eq!((error.line, error.column), (line, column), "{error}");
            assert_eq!(error.nearest.as_deref(), nearest, "{error}");
        };
        check("sed = 1\n", 2, 1, "unknown field `sed`", Some("seed"));
        check(
            "[[call]]\nmesage = \"\"\n",
            3,
            1,
            "unknown field `mesage`",
            Some("message"),
        );
        check(
            "[[call]]\nmessage = { txt = \"\" }\n",
            3,
            13,
            "unknown field `txt`",
            Some("text"),
        );
        check("[[call]]\nmessage = 3\n", 3, 11, "expected a text or a table", None);
        check("[[call]]\nexpect = \"\"\n", 2, 1, "either `message` or `invoke`", None);
        check(
            "[[call]]\nmessage = \"\"\nexpect = \"\"\nexpect-denied = \"\"\n",
            2,
            1,
            "one of `expect`",
            None,
        );
        check(
            "[[call]]\nmessage = \"\"\nexpect-error = \"gest-error\"\n",
            4,
            16,
            "did you mean `guest-error`?",
            None,
        );
        check("[[call]]\nmessage = { base64 = \"!\" }\n", 3, 22, "not base64", None);
        check("clock = \"noon\"\n", 2, 9, "not a time such as", None);
        check("", 1, 1, "no `[[call]]`", None);
        check(
            "[[call]]\nmessage = \"\"\nafter-rollback = true\n[[call]]\nmessage = \"\"\nafter-upgrade = true\n",
            5,
            1,
            "no upgrade after the rollback",
            None,
        );
        check(
            "[grants]\nfile-read = { data = \"x\" }\n[[call]]\nmessage = \"\"\n",
            3,
            15,
            "does not begin with `/`",
            None,
        );
        check(
            "[grants]\nfile-read = { \"/data\" = \"/etc\" }\n[[call]]\nmessage = \"\"\n",
            3,
            25,
            "is absolute",
            None,
        );
        check(
            "[[call]]\nmessage = { file = \"/etc/passwd\" }\n",
            2,
            1,
            "is absolute",
            None,
        );
        check(
            "[[call]]\nmessage = \"\"\nexpect = { file = \"/etc/passwd\" }\n",
            2,
            1,
            "is absolute",
            None,
        );
        let Err(Error::Case(error)) = Case::parse("a.toml", "case-version = 2\n") else {
            panic!("it is read");
        };
        assert_eq!(
            error.to_string(),
            "a.toml:1:16: `case-version` is 2, and this build reads 1"
        );
    }
}
