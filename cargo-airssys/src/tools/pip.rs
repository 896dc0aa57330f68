//! Installs tools from the Python package index, in a virtual environment of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::place::Set;
use super::provide::{Installer, Step};
use super::{ToolError, look};

/// The oldest Python that the tools of the templates run in.
const OLDEST: (u32, u32) = (3, 10);

const HELP: &str = "install Python 3.10 or newer with its module venv, for example with \
                    `apt-get install python3 python3-venv`, then run the command again";

/// The interpreter on the path.
const PROGRAM: &str = "python3";

/// Makes the environment, installs into it, and links programs that packages keep to themselves.
pub(super) fn install(set: &Set, folder: &Path, installer: &Installer<'_>) -> Result<(), ToolError> {
    check(&set.label())?;
    // Otherwise Python takes modules from the folder that it is started in, and from what variables name.
    let isolated = "-I";
    let mut venv = Command::new(PROGRAM);
    venv.args([isolated, "-m", "venv"]).arg(folder);
    installer
        .run(
            Step {
                said: "making a virtual environment",
                no_growth: true,
            },
            &mut venv,
        )
        .map_err(|error| match error {
            // Debian has the module in a package of its own, of which Python says so at length.
            ToolError::Installation { wanted, reason }
                if reason.contains("ensurepip") || reason.contains("No module named venv") =>
            {
                ToolError::Program {
                    wanted,
                    program: "the module venv of Python",
                    reason: "it is not installed".into(),
                    help: HELP,
                }
            }
            error => error,
        })?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args([
        isolated,
        "-m",
        "pip",
        "install",
        "--no-input",
        "--disable-pip-version-check",
        "--no-warn-script-location",
    ]);
    pip.args(
        set.tools
            .iter()
            .map(|tool| format!("{}=={}", tool.package, tool.version)),
    );
    installer.run(
        Step {
            said: "downloading and unpacking",
            no_growth: false,
        },
        &mut pip,
    )?;
    link_programs(folder).map_err(|source| ToolError::Folder {
        folder: folder.to_owned(),
        source,
    })
}

/// Some packages have a program without a name on the path, or behind a script that starts Python each time.
fn link_programs(folder: &Path) -> std::io::Result<()> {
    let versions = folder.join("lib").read_dir()?;
    for version in versions {
        let packages = version?.path().join("site-packages");
        for (inside, name) in [("ziglang/zig", "zig"), ("go/bin/go", "go"), ("go/bin/gofmt", "gofmt")] {
            let program: PathBuf = packages.join(inside);
            let link = folder.join("bin").join(name);
            if !program.is_file() {
                continue;
            }
            if link.symlink_metadata().is_ok() {
                std::fs::remove_file(&link)?;
            }
            #[cfg(unix)]
            std::os::unix::fs::symlink(&program, &link)?;
            #[cfg(not(unix))]
            std::fs::copy(&program, &link)?;
        }
    }
    Ok(())
}

/// Whether Python is there and new enough.
pub(super) fn check(wanted: &str) -> Result<String, ToolError> {
    let refused = |reason: String| ToolError::Program {
        wanted: wanted.into(),
        program: "Python",
        reason,
        help: HELP,
    };
    let said = look::version(PROGRAM).map_err(|reason| refused(reason.to_string()))?;
    match numbers(&said) {
        Some(found) if found < OLDEST => Err(refused(format!("{said} is older than {}.{}", OLDEST.0, OLDEST.1))),
        _ => Ok(said),
    }
}

/// The first two numbers of a line such as `Python 3.11.7`.
pub(super) fn numbers(said: &str) -> Option<(u32, u32)> {
    let version = said
        .split([' ', 'v'])
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_programs_say_them() {
        assert_eq!(numbers("Python 3.11.7"), Some((3, 11)));
        assert_eq!(numbers("v20.20.2"), Some((20, 20)));
        assert_eq!(numbers("11.19.1"), Some((11, 19)));
        assert_eq!(numbers("nothing"), None);
    }
}
