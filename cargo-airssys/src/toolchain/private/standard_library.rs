//! Builds the target's standard library from the compiler's own source.
//!
//! Its dependencies come from the registry, as its lock file says: the copies that Debian keeps beside the
//! source lack the part of `wit-bindgen` that is not source.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::Message;
use cargo_metadata::diagnostic::DiagnosticLevel;

use super::compiler;
use crate::toolchain::cargo::Said;
use crate::toolchain::error::StepError;
use crate::toolchain::{Progress, TARGET, cargo, environment, run};

/// The crate that needs the standard library, so that cargo builds it.
const MANIFEST: &str = r#"[package]
name = "empty"
version = "0.0.0"
edition = "2021"

[lib]
path = "lib.rs"

[workspace]
"#;

/// How many crates rustc 1.96 builds; only an estimate for the progress with another one.
const CRATES: u64 = 30;

/// Builds the standard library and places it where the compiler in `root` looks for it.
pub(super) fn build(scratch: &Path, root: &Path, rustc: &Path, progress: &dyn Progress) -> Result<(), StepError> {
    let project = scratch.join("empty");
    write_project(&project)?;
    let mut lines = String::new();
    let mut note = |text: &str| {
        lines.push_str(text);
        lines.push('\n');
    };
    let (mut done, mut built) = (0, Vec::new());
    let mut message = |message: Message| match message {
        Message::CompilerArtifact(artifact) => {
            done += 1;
            progress.fraction(done, CRATES.max(done));
            built.extend(
                artifact
                    .filenames
                    .into_iter()
                    .map(PathBuf::from)
                    .filter(|path| is_of_target(path)),
            );
            None
        }
        Message::CompilerMessage(message) if message.message.level == DiagnosticLevel::Error => {
            Some(message.message.rendered.unwrap_or(message.message.message))
        }
        _ => None,
    };
    let mut command = command(&project, root, rustc);
    let status = cargo::stream(&mut command, None, |said| {
        let error = match said {
            Said::Message(said) => message(*said),
            Said::Line(line) => Some(line),
        };
        if let Some(error) = error {
            note(&error);
        }
    });
    let status = status.map_err(StepError::file("run cargo in", &project))?;
    if !status.success() {
        return Err(StepError::Unfit(format!(
            "the standard library does not build:\n{}",
            run::tail(&lines)
        )));
    }
    place(&built, &compiler::libraries(root))
}

fn write_project(project: &Path) -> Result<(), StepError> {
    fs::create_dir_all(project).map_err(StepError::file("create", project))?;
    for (name, text) in [("Cargo.toml", MANIFEST), ("lib.rs", "#![no_std]\n")] {
        fs::write(project.join(name), text).map_err(StepError::file("write", project.join(name)))?;
    }
    Ok(())
}

fn command(project: &Path, root: &Path, rustc: &Path) -> Command {
    let mut command = Command::new(cargo::program());
    environment::forget_build_settings(&mut command);
    command
        .current_dir(project)
        .args(["build", "--release", "--quiet", "--message-format=json"])
        .args(["-Zbuild-std=std,panic_abort", "--target", TARGET, "--target-dir"])
        .arg(project.join("target"))
        .env("RUSTC", rustc)
        // Building the standard library is for nightly compilers; this is how distributions do it with a stable one.
        .env("RUSTC_BOOTSTRAP", "1")
        // These win over the user's cargo configuration, from which only mirrors and proxies are wanted.
        .env("RUSTC_WRAPPER", "")
        .env("CARGO_BUILD_BUILD_DIR", project.join("target"))
        .env("CARGO_ENCODED_RUSTFLAGS", flags(root, &registry()));
    command
}

fn flags(root: &Path, registry: &Path) -> String {
    let source = source(root);
    [
        // Without it, `lto = true` in a component fails: "failed to get bitcode from object file".
        "-Cembed-bitcode=yes".to_owned(),
        // No component should carry the path of this machine's cache; this is the path official builds use.
        format!("--remap-path-prefix={}=/rustc", source.display()),
        // The same for the dependencies, as far as the registry's copies are where cargo puts them by default.
        format!("--remap-path-prefix={}=/rust/deps", registry.display()),
    ]
    .join("\u{1f}")
}

/// Where cargo unpacks what it downloads.
fn registry() -> PathBuf {
    let named = env::var_os("CARGO_HOME")
        .filter(|name| !name.is_empty())
        .map(PathBuf::from);
    let home = named.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    home.unwrap_or_default().join("registry/src")
}

fn source(root: &Path) -> PathBuf {
    root.join("usr/lib/rustlib/src/rust")
}

fn is_of_target(path: &Path) -> bool {
    let library = path.extension() == Some(OsStr::new("rlib"));
    let empty = path
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"libempty"));
    library && !empty && path.components().any(|part| part.as_os_str() == TARGET)
}

fn place(built: &[PathBuf], libraries: &Path) -> Result<(), StepError> {
    fs::create_dir_all(libraries).map_err(StepError::file("create", libraries))?;
    for path in built {
        let name = path.file_name().unwrap_or(path.as_os_str());
        fs::copy(path, libraries.join(name)).map_err(StepError::file("copy", path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_libraries_of_the_target_are_taken() {
        for (path, taken) in [
            ("t/wasm32-wasip2/release/deps/libstd-ddc5.rlib", true),
            ("t/wasm32-wasip2/release/deps/libstd-ddc5.rmeta", false),
            ("t/wasm32-wasip2/release/libempty.rlib", false),
            ("t/release/deps/libcc-1.rlib", false),
        ] {
            assert_eq!(is_of_target(Path::new(path)), taken, "{path}");
        }
    }

    #[test]
    fn the_flags_allow_link_time_optimisation() {
        assert_eq!(
            flags(Path::new("/r"), Path::new("/c/registry/src")),
            "-Cembed-bitcode=yes\u{1f}--remap-path-prefix=/r/usr/lib/rustlib/src/rust=/rustc\u{1f}\
             --remap-path-prefix=/c/registry/src=/rust/deps"
        );
    }
}
