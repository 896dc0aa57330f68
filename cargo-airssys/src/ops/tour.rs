//! What `quickstart` does to a project beside building and deploying it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::files;
use super::project::root_of;
use crate::exit::{Exit, Failure};

/// The folder of the tour, where no other is named.
const FOLDER: &str = "airssys-quickstart";

/// What the new version answers to `world`.
pub(crate) const AGAIN: &str = "Hello again, world!";

/// What the tour changes in a new project: the file, the old text, the new text.
const CHANGES: &[(&str, &str, &str)] = &[
    ("src/lib.rs", "{}, {name}!", "{} again, {name}!"),
    ("src/lib.rs", ", world!", " again, world!"),
    ("tests/cases/greets.toml", ", world!", " again, world!"),
    ("tests/host/host.rs", ", world!", " again, world!"),
    (
        "Cargo.toml",
        "version = \"0.1.0\"\nedition",
        "version = \"0.2.0\"\nedition",
    ),
];

/// A folder for the tour that does not exist yet.
/// Inside a cargo project it is below the target directory, which no version control looks at.
pub(crate) fn folder(current: &Path) -> PathBuf {
    let project = root_of(current).filter(|root| root.join("Cargo.toml").is_file());
    let parent = project.map_or_else(|| current.to_owned(), |root| target_of(&root));
    let candidates = (2..).map(|number| parent.join(format!("{FOLDER}-{number}")));
    let mut candidates = std::iter::once(parent.join(FOLDER)).chain(candidates);
    candidates
        .find(|folder| files::is_free(folder))
        .unwrap_or_else(|| parent.join(FOLDER))
}

/// Makes another version of the new project in `folder`.
pub(crate) fn change(folder: &Path) -> anyhow::Result<()> {
    for (path, from, to) in CHANGES {
        let path = folder.join(path);
        let text = String::from_utf8(files::read_text(&path)?)?;
        anyhow::ensure!(text.contains(from), "{} has no `{from}`", path.display());
        files::write(&path, text.replace(from, to).as_bytes())?;
    }
    Ok(())
}

/// Runs `cargo test` in `folder` and returns how many tests passed.
pub(crate) fn test(folder: &Path) -> anyhow::Result<u64> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.arg("test").current_dir(folder).stdin(Stdio::null());
    let output = command.output().context("cargo could not be run")?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let transcript = format!("{}{said}", String::from_utf8_lossy(&output.stderr));
        let help = format!(
            "see what cargo says above; `cargo test` in {} says it again",
            folder.display()
        );
        let failure = Failure::new(
            Exit::BuildFailed,
            "tests-failed",
            "the tests of the component failed",
            help,
        );
        return Err(failure.with_transcript(transcript).into());
    }
    Ok(passed(&said))
}

/// How a person calls this program in what they are to try next: by its name when the shell would find it.
pub(crate) fn callable(program: &str) -> String {
    let file = program.replace(' ', "-");
    let path = env::var_os("PATH").unwrap_or_default();
    let is_found = env::split_paths(&path).any(|folder| folder.join(&file).is_file());
    match env::current_exe() {
        Ok(executable) if !is_found => executable.display().to_string(),
        _ => program.to_owned(),
    }
}

fn target_of(root: &Path) -> PathBuf {
    let mut asked = cargo_metadata::MetadataCommand::new();
    let found = asked
        .current_dir(root)
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec();
    found.map_or_else(|_| root.join("target"), |metadata| metadata.target_directory.into())
}

/// Sums up the test runner's lines: `test result: ok. 3 passed; 0 failed; …`.
fn passed(said: &str) -> u64 {
    let results = said.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    results
        .filter_map(|line| line.split(' ').next()?.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::scaffold::{Plan, create, templates};

    #[test]
    fn the_tests_that_passed_are_counted() {
        let said = "running 3 tests\ntest result: ok. 3 passed; 0 failed\n\ntest result: ok. 1 passed; 0 failed\n";
        assert_eq!(passed(said), 4);
    }

    #[test]
    fn the_change_fits_the_template() {
        let parent = tempfile::tempdir().unwrap();
        let plan = Plan {
            folder: parent.path().join("hello"),
            name: "hello".parse().unwrap(),
            description: "Greets.".into(),
            template: templates()
                .unwrap()
                .into_iter()
                .find(|template| template.name == "rust-component")
                .unwrap(),
        };
        let created = create(&plan).unwrap();
        change(&created.folder).unwrap();
        let source = std::fs::read_to_string(created.folder.join("src/lib.rs")).unwrap();
        assert!(source.contains("Hello again, world!"), "{source}");
        assert!(
            change(&created.folder).is_err(),
            "a second change finds nothing to change"
        );
    }

    #[test]
    fn the_folder_of_the_tour_is_free() {
        let parent = tempfile::tempdir().unwrap();
        assert_eq!(folder(parent.path()), parent.path().join("airssys-quickstart"));
        let taken = parent.path().join("airssys-quickstart");
        std::fs::create_dir(&taken).unwrap();
        std::fs::write(taken.join("file"), "").unwrap();
        assert_eq!(folder(parent.path()), parent.path().join("airssys-quickstart-2"));
    }
}
