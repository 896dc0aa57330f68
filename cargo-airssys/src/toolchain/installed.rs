//! Way 1: the Rust on this machine already has the target's standard library.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::TARGET;
use super::error::StepError;
use super::run::{APART, QUESTION, run};
use super::rust::Toolchain;
use crate::bounded;

/// The toolchain that cargo uses in `project`, if it can build for the target.
/// Rustup installs it when a file of the project names one that is not there, as it does for every build.
pub(super) fn find(project: &Path) -> Result<Toolchain, StepError> {
    find_with(rustc(project))
}

/// What [`find`] would find of what is there already; installs nothing.
pub(super) fn look(project: &Path) -> Result<Toolchain, StepError> {
    find_with(question(rustc(project)))
}

fn find_with(mut rustc: Command) -> Result<Toolchain, StepError> {
    rustc.args(["--print", "sysroot", "--print", "target-libdir", "--target", TARGET]);
    let printed = run(
        &format!("rustc --print target-libdir --target {TARGET}"),
        &mut rustc,
        QUESTION,
    )?;
    let mut lines = printed.lines();
    let (Some(sysroot), Some(libraries)) = (lines.next(), lines.next()) else {
        return Err(StepError::Unfit("rustc did not name its folders".into()));
    };
    if !has_standard_library(Path::new(libraries)) {
        return Err(StepError::Unfit(format!(
            "{sysroot} has no standard library for {TARGET}"
        )));
    }
    Ok(Toolchain::of_this_machine(format!(
        "the Rust toolchain in {sysroot}, which has {TARGET}"
    )))
}

/// What a compiler starts to link a component.
pub(super) const LINKER: &str = "wasm-component-ld";

/// What that one starts in turn.
const INNER_LINKER: &str = "wasm-ld";

/// The linker for components: beside the other tools of the toolchain in use, or on the path.
pub(super) fn linker(project: &Path) -> Result<PathBuf, StepError> {
    let sysroot = sysroot(project)?;
    let hosts = sysroot.join("lib/rustlib").read_dir();
    let tools = hosts
        .into_iter()
        .flatten()
        .flatten()
        .map(|host| host.path().join("bin"));
    let beside = tools.map(|tools| tools.join(LINKER)).find(|linker| linker.is_file());
    let on_path = || find_on_path(INNER_LINKER).and_then(|_| find_on_path(LINKER));
    beside.or_else(on_path).ok_or_else(|| {
        StepError::Unfit(format!(
            "no linker for components: neither {} nor the path has `{LINKER}`",
            sysroot.display()
        ))
    })
}

/// Where the path has a program.
fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// The folder of the toolchain that plain `rustc` runs.
pub(super) fn sysroot(project: &Path) -> Result<PathBuf, StepError> {
    let printed = run(
        "rustc --print sysroot",
        question(rustc(project)).args(["--print", "sysroot"]),
        QUESTION,
    )?;
    Ok(PathBuf::from(printed.trim_end()))
}

/// Whether a folder of libraries holds the standard library.
pub(super) fn has_standard_library(libraries: &Path) -> bool {
    libraries.read_dir().is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libstd-") && name.ends_with(".rlib")
        })
    })
}

/// The compiler as cargo picks it; asked inside the project, whose `rust-toolchain.toml` may choose another.
pub(super) fn rustc(project: &Path) -> Command {
    let program = env::var_os("RUSTC")
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| OsString::from("rustc"));
    let mut command = Command::new(program);
    command.current_dir(project);
    command
}

/// A command that is only asked something, for which rustup is not to download a toolchain.
/// Where a project brings its own programs as a toolchain, they are not run to be asked.
pub(super) fn question(mut command: Command) -> Command {
    command.env("RUSTUP_AUTO_INSTALL", "0");
    if let Some(folder) = command.get_current_dir().map(asked_in).map(Path::to_owned) {
        command.current_dir(folder);
    }
    command
}

/// Where tools are asked that are not to build a project: in its folder, unless it brings its own as a toolchain.
pub(crate) fn asked_in(project: &Path) -> &Path {
    match brings_toolchain(project) {
        true => Path::new(APART),
        false => project,
    }
}

/// Whether the toolchain file that rustup finds for a folder names a folder of programs.
fn brings_toolchain(project: &Path) -> bool {
    let absolute = std::path::absolute(project).unwrap_or_else(|_| project.to_owned());
    let file = absolute.ancestors().find_map(|folder| {
        let files = ["rust-toolchain", "rust-toolchain.toml"].map(|name| folder.join(name));
        files.into_iter().find(|file| std::fs::symlink_metadata(file).is_ok())
    });
    // Of one that is not read here nobody knows what rustup makes of it.
    file.is_some_and(|file| bounded::text(&file).is_none_or(|text| names_programs(&text)))
}

fn names_programs(text: &str) -> bool {
    match toml::from_str::<toml::Table>(text) {
        Ok(table) => table
            .get("toolchain")
            .is_some_and(|toolchain| toolchain.get("path").is_some()),
        // The old form is the name of a toolchain in one line.
        Err(_) => text.trim().lines().count() != 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_that_comes_with_a_project_is_not_asked() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("deep");
        std::fs::create_dir(&deep).unwrap();
        let place = |command: Command| command.get_current_dir().map(Path::to_owned);
        std::fs::write(
            folder.path().join("rust-toolchain.toml"),
            "[toolchain]\nchannel = \"stable\"\n",
        )
        .unwrap();
        assert_eq!(place(question(rustc(&deep))), Some(deep.clone()));
        std::fs::write(
            folder.path().join("rust-toolchain.toml"),
            "[toolchain]\npath = \"/tools\"\n",
        )
        .unwrap();
        assert_eq!(place(question(rustc(&deep))), Some("/".into()));
        assert_eq!(asked_in(&deep), Path::new("/"));
        assert_eq!(place(rustc(&deep)), Some(deep.clone()));
        // What is not read here may say anything.
        let long = format!("[toolchain]\nchannel = \"stable\"\n# {}\n", "a".repeat(2 << 20));
        for text in [long.as_str(), "[toolchain]\npath\n"] {
            std::fs::write(folder.path().join("rust-toolchain.toml"), text).unwrap();
            assert_eq!(asked_in(&deep), Path::new("/"));
        }
        std::fs::write(folder.path().join("rust-toolchain"), "stable\n").unwrap();
        assert_eq!(asked_in(&deep), deep);
    }

    #[test]
    fn a_build_may_install_a_toolchain_and_a_question_not() {
        let installs_nothing = |command: &Command| {
            let mut set = command.get_envs();
            set.any(|(name, value)| name == "RUSTUP_AUTO_INSTALL" && value == Some("0".as_ref()))
        };
        let plain = rustc(Path::new("."));
        assert!(!installs_nothing(&plain));
        assert!(installs_nothing(&question(plain)));
    }
}
