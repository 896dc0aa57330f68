//! Why a tool cannot be had.

use std::path::PathBuf;

/// Why a tool cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// What was written names no tool.
    #[error("`{text}` names no tool: it has the form `REGISTRY:PACKAGE@VERSION`, with the registry `pip` or `npm`")]
    Invalid {
        /// What was written.
        text: String,
    },
    /// A program that installs tools is not there.
    #[error("{wanted} needs {program}, and {reason}")]
    Program {
        /// What was to be installed.
        wanted: String,
        /// The program.
        program: &'static str,
        /// What is wrong with it.
        reason: String,
        /// What to do about it.
        help: &'static str,
    },
    /// The program that installs tools failed.
    #[error("{wanted} could not be installed: {reason}")]
    Installation {
        /// What was to be installed.
        wanted: String,
        /// What the program said.
        reason: String,
    },
    /// The folder of the tools cannot be used.
    #[error("the tools cannot be kept in {}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl ToolError {
    /// What to do about it, as a sentence's begin.
    pub fn help(&self) -> String {
        match self {
            Self::Invalid { .. } => "write it in `[build] tools` as `\"pip:componentize-py@0.25.1\"`".into(),
            Self::Program { help, .. } => (*help).into(),
            Self::Installation { .. } => {
                "see that the registry can be reached and has this version, then run the command again; \
                 `{cli} doctor` shows what is there"
                    .into()
            }
            Self::Folder { .. } => "make it writable for yourself, or name another with XDG_CACHE_HOME".into(),
        }
    }
}
