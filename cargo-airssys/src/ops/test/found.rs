//! The case files of a project, and snapshots that belong to none of them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::exit::Failure;
use airssys_wasm::testing::{Case, CaseError, Error};

/// Where a project has its cases.
pub(crate) const FOLDER: &str = "tests/cases";

/// The cases below a project's folder.
#[derive(Debug)]
pub(crate) struct Found {
    /// The cases that are to run, sorted by name.
    pub(crate) cases: Vec<Case>,
    /// Snapshots that no case compares with.
    pub(crate) unreferenced: Vec<PathBuf>,
}

impl Found {
    /// Reads every case of the project in `project`; only those whose name contains `filter` are to run.
    /// Paths are relative to `current`, the program's own folder, where they are below it.
    pub(crate) fn below(project: &Path, current: &Path, filter: Option<&str>) -> anyhow::Result<Self> {
        let folder = project.join(FOLDER);
        let folder = folder.strip_prefix(current).unwrap_or(&folder);
        let files = match fs::read_dir(folder) {
            Ok(entries) => entries
                .map(|entry| Ok(entry?.path()))
                .collect::<std::io::Result<Vec<_>>>(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        };
        stays_in(project, folder)?;
        let mut files = files.with_context(|| format!("{} cannot be read", folder.display()))?;
        files.sort();
        let has = |extension| {
            move |path: &&PathBuf| path.extension().is_some_and(|found| found == extension) && path.is_file()
        };
        let (mut cases, mut refused) = (Vec::new(), Vec::new());
        for path in files.iter().filter(has("toml")) {
            stays_in(project, path)?;
            match Case::read(path) {
                Ok(case) => cases.push(case.within(project)),
                Err(error) => refused.push(error),
            }
        }
        if !refused.is_empty() {
            return Err(unusable(&refused).into());
        }
        let snapshots: Vec<PathBuf> = cases.iter().filter_map(Case::snapshot_path).collect();
        let unreferenced = files.iter().filter(has("snap"));
        let unreferenced = unreferenced.filter(|path| !snapshots.contains(path)).cloned().collect();
        let names: Vec<String> = cases.iter().map(Case::name).collect();
        if let Some(filter) = filter {
            cases.retain(|case| case.name().contains(filter));
        }
        if let (Some(filter), [], [_, ..]) = (filter, &*cases, &*names) {
            let message = format!("no case has `{filter}` in its name");
            let help = format!("there are {}", names.join(", "));
            return Err(Failure::usage("no-such-case", message, help).into());
        }
        Ok(Self { cases, unreferenced })
    }
}

/// Refuses cases that are in another place than the project: a project may have come with a link to those of another.
fn stays_in(project: &Path, path: &Path) -> Result<(), Failure> {
    // What is not there leads nowhere.
    let (Ok(root), Ok(found)) = (fs::canonicalize(project), fs::canonicalize(path)) else {
        return Ok(());
    };
    if found.starts_with(&root) {
        return Ok(());
    }
    let message = format!(
        "{} leads out of the project, to {}, by a link",
        path.display(),
        found.display()
    );
    let help = format!(
        "put the cases in {}, or run `test` where they are",
        root.join(FOLDER).display()
    );
    Err(Failure::usage("linked-cases", message, help))
}

/// One failure for all case files that cannot be used.
fn unusable(refused: &[Error]) -> Failure {
    let line = |error: &Error| match error {
        Error::Case(error) => one_line(&error.to_string()),
        Error::File { reason, .. } => format!("{error}: {reason}"),
        error => error.to_string(),
    };
    let lines: Vec<String> = refused.iter().map(line).collect();
    let nearest = refused.iter().find_map(|error| match error {
        Error::Case(CaseError { nearest, .. }) => nearest.as_deref(),
        _ => None,
    });
    let help = match nearest {
        Some(key) => format!("did you mean `{key}`?"),
        None => "the keys of a case and their values are in docs/src/testing.md".into(),
    };
    match &*lines {
        [line] => Failure::usage("invalid-case", line.clone(), help),
        lines => {
            let message = format!("{} case files cannot be used", lines.len());
            Failure::usage("invalid-case", message, help).with_transcript(lines.join("\n"))
        }
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "case-version = 1\n[[call]]\nmessage = \"\"\n";

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(FOLDER)).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(FOLDER).join(name), text).unwrap();
        }
        folder
    }

    fn found(folder: &tempfile::TempDir, filter: Option<&str>) -> anyhow::Result<Found> {
        Found::below(folder.path(), Path::new("/elsewhere"), filter)
    }

    #[test]
    fn cases_are_found_by_name_and_snapshots_without_one_are_told() {
        let folder = project(&[
            ("b.toml", SMALL),
            ("a.toml", SMALL),
            ("a.snap", ""),
            ("gone.snap", ""),
            ("x.txt", ""),
        ]);
        let seen = found(&folder, None).unwrap();
        assert_eq!(seen.cases.iter().map(Case::name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(seen.unreferenced, [folder.path().join(FOLDER).join("gone.snap")]);
        let seen = found(&folder, Some("b")).unwrap();
        assert_eq!((seen.cases.len(), seen.unreferenced.len()), (1, 1));
        let error = found(&folder, Some("c")).unwrap_err();
        assert_eq!(error.to_string(), "no case has `c` in its name");
        let empty = tempfile::tempdir().unwrap();
        let seen = found(&empty, Some("c")).unwrap();
        assert!(seen.cases.is_empty());
    }

    #[test]
    fn cases_of_another_project_are_not_taken_by_a_link() {
        use std::os::unix::fs::symlink;

        let victim = project(&[("a.toml", SMALL)]);
        let refused = |folder: &tempfile::TempDir| {
            let error = found(folder, None).unwrap_err();
            let failure: &Failure = error.downcast_ref().unwrap();
            assert_eq!(failure.code, "linked-cases");
        };
        let linked = tempfile::tempdir().unwrap();
        fs::create_dir(linked.path().join("tests")).unwrap();
        symlink(victim.path().join(FOLDER), linked.path().join(FOLDER)).unwrap();
        refused(&linked);
        fs::remove_file(linked.path().join(FOLDER)).unwrap();
        fs::create_dir(linked.path().join(FOLDER)).unwrap();
        symlink(
            victim.path().join(FOLDER).join("a.toml"),
            linked.path().join(FOLDER).join("a.toml"),
        )
        .unwrap();
        refused(&linked);
        // In the project a link leads wherever it likes.
        let own = project(&[]);
        fs::write(own.path().join("a.toml"), SMALL).unwrap();
        symlink("../../a.toml", own.path().join(FOLDER).join("a.toml")).unwrap();
        assert_eq!(found(&own, None).unwrap().cases.len(), 1);
    }

    #[test]
    fn all_broken_files_are_told_together() {
        let wrong = SMALL.replace("message", "mesage");
        let folder = project(&[("a.toml", &wrong), ("b.toml", &wrong)]);
        let error = found(&folder, None).unwrap_err();
        let failure: &Failure = error.downcast_ref().unwrap();
        assert_eq!(failure.message, "2 case files cannot be used");
        assert_eq!(failure.transcript.lines().count(), 2, "{}", failure.transcript);
        assert_eq!(failure.help, "did you mean `message`?");
    }
}
