//! What helps when no toolchain was found, or when a build failed.

use std::error::Error;

use super::{Exit, Failure};
use crate::toolchain::{BuildError, ToolchainError};
use crate::tools::ToolError;

/// The failure of a build, if `cause` is one.
pub(super) fn failure(cause: &(dyn Error + 'static)) -> Option<Failure> {
    cause
        .downcast_ref()
        .map(no_toolchain)
        .or_else(|| cause.downcast_ref().map(no_component))
        .or_else(|| cause.downcast_ref().map(no_tool))
}

fn no_tool(error: &ToolError) -> Failure {
    let message = error.to_string();
    let (exit, code) = match error {
        ToolError::Invalid { .. } => (Exit::Usage, "invalid-tool"),
        ToolError::Program { .. } => (Exit::BuildFailed, "no-tool"),
        ToolError::Installation { .. } | ToolError::Folder { .. } => (Exit::BuildFailed, "tool-failed"),
    };
    // What the program said is shown before the error, and its first line in it.
    let (first, said) = message.split_once('\n').unwrap_or((&message, ""));
    let failure = Failure::new(exit, code, first.trim_end_matches(':'), error.help());
    failure.with_transcript(said)
}

/// What was tried, each on its line, and then the error.
fn no_toolchain(error: &ToolchainError) -> Failure {
    let text = error.to_string();
    let (message, tried) = text.split_once('\n').unwrap_or((&text, ""));
    let message = message.trim_end_matches(':');
    let help = format!(
        "{}; `{{cli}} doctor` shows what is there and what is missing",
        error.help()
    );
    Failure::new(Exit::BuildFailed, "no-toolchain", message, help).with_transcript(format!("tried:\n{tried}"))
}

fn no_component(error: &BuildError) -> Failure {
    let mut message = error.to_string();
    let (code, help, transcript) = match error {
        BuildError::Start(cause) => {
            message = format!("{message}: {cause}");
            (
                "no-cargo",
                "install Rust with cargo, for example from https://rustup.rs; `{cli} doctor` shows what else is missing",
                "",
            )
        }
        BuildError::Project { project, said } => {
            message = format!("cargo cannot read the project {}", project.display());
            ("unreadable-project", "correct what cargo says above", said.as_str())
        }
        BuildError::NoComponent { .. } => (
            "no-component",
            "add `crate-type = [\"cdylib\"]` under `[lib]` in Cargo.toml",
            "",
        ),
        _ => (
            "build-failed",
            "correct what the compiler says above, then run the command again",
            "",
        ),
    };
    Failure::new(Exit::BuildFailed, code, message, help).with_transcript(transcript)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolchain::Attempt;

    #[test]
    fn a_missing_toolchain_is_one_line_after_what_was_tried() {
        let attempt = Attempt {
            way: "rustup",
            reason: "offline".into(),
        };
        let failure = failure(&ToolchainError {
            attempts: vec![attempt],
        })
        .unwrap();
        assert_eq!(failure.exit, Exit::BuildFailed);
        assert_eq!(failure.message, "no Rust toolchain here can build for wasm32-wasip2");
        assert_eq!(&*failure.transcript, "tried:\n  rustup: offline");
        assert!(failure.help.contains("rustup target add") && failure.help.contains("`{cli} doctor`"));
    }

    #[test]
    fn a_failed_build_exits_with_101() {
        let error = BuildError::Compile {
            project: "hello".into(),
        };
        let failure = failure(&error).unwrap();
        assert_eq!((failure.exit as u8, failure.code), (101, "build-failed"));
    }
}
