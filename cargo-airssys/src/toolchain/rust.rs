//! A Rust toolchain that can build for the components' target, and how a cargo command is told to use it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::environment;

/// Where to find the compiler and the target's standard library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// The compiler to use instead of cargo's choice, and the short name of its folder.
    private: Option<Private>,
    description: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Private {
    rustc: PathBuf,
    key: String,
}

impl Toolchain {
    /// The toolchain that a plain `cargo` uses.
    pub(super) fn of_this_machine(description: String) -> Self {
        Self {
            private: None,
            description,
        }
    }

    /// A toolchain in a folder of its own; `key` names that folder.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "made on Linux only"))]
    pub(super) fn private(rustc: PathBuf, key: String, description: String) -> Self {
        Self {
            private: Some(Private { rustc, key }),
            description,
        }
    }

    /// Makes a cargo command use this toolchain, and forget the package of an outer cargo.
    ///
    /// The user's `RUSTFLAGS` stay: they mean here what they mean in a shell.
    pub fn apply(&self, command: &mut Command) {
        environment::forget_outer_package(command);
        if let Some(private) = &self.private {
            command.env("RUSTC", &private.rustc);
            // Empty, not absent: it also switches off a wrapper from the user's cargo configuration,
            // which would cache objects of two standard libraries under one compiler version.
            command.env("RUSTC_WRAPPER", "");
            command.env("RUSTC_WORKSPACE_WRAPPER", "");
        }
    }

    /// The target directory to build in, given the project's own.
    ///
    /// Objects built against another standard library cannot share a directory, so a private
    /// toolchain has a folder of its own below it.
    pub fn target_dir(&self, project_target: &Path) -> PathBuf {
        match &self.private {
            Some(private) => project_target.join("airssys").join(&private.key),
            None => project_target.to_path_buf(),
        }
    }

    /// The compiler to use instead of cargo's own choice.
    pub fn rustc(&self) -> Option<&Path> {
        self.private.as_ref().map(|private| private.rustc.as_path())
    }

    /// A short name without spaces: the same name means the same standard library on this machine.
    pub fn key(&self) -> &str {
        self.private.as_ref().map_or("installed", |private| &private.key)
    }

    /// One line for the user.
    pub fn describe(&self) -> String {
        self.description.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_private_toolchain_has_its_own_target_dir() {
        let own = Toolchain::of_this_machine("rustup's".into());
        assert_eq!(own.target_dir(Path::new("target")), Path::new("target"));
        let private = Toolchain::private("rustc".into(), "1.96.0-r1".into(), "private".into());
        assert_eq!(
            private.target_dir(Path::new("target")),
            Path::new("target/airssys/1.96.0-r1")
        );
    }

    #[test]
    fn a_private_toolchain_overrides_compiler_and_caches() {
        let mut command = Command::new("cargo");
        Toolchain::private("here/rustc".into(), "k".into(), "d".into()).apply(&mut command);
        let value = |name: &str| {
            command
                .get_envs()
                .find(|(key, _)| *key == name)
                .and_then(|(_, value)| value)
        };
        assert_eq!(value("RUSTC"), Some("here/rustc".as_ref()));
        assert_eq!(value("RUSTC_WRAPPER"), Some("".as_ref()));
    }
}
