//! One thing that is looked at.

use std::path::PathBuf;

use serde::Serialize;

use crate::ops::state::StatePlace;
use crate::toolchain::Progress;

/// Where is looked.
#[derive(Debug)]
pub(crate) struct Place {
    /// The current folder, whose project may choose its own compiler.
    pub(crate) folder: PathBuf,
    /// The folder of what can be made again; none when nothing names one.
    pub(crate) cache: Option<PathBuf>,
    /// The language that is asked about, beside that of the project.
    pub(crate) language: Option<String>,
    /// Where deployed components are kept.
    pub(crate) state: StatePlace,
}

/// Looks at some things and changes nothing.
pub(super) type Look = fn(&Place) -> Vec<Check>;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// As it should be.
    Ok,
    /// Not there yet; made by itself when it is first needed.
    Later,
    /// Everything works, but not as well as it could.
    Limited,
    /// Something does not work.
    Missing,
}

/// What was found.
pub(crate) struct Check {
    /// A stable name: the part and the thing.
    pub(crate) name: &'static str,
    /// How it is.
    pub(crate) status: Status,
    /// What is there, or what is not, in a line.
    pub(crate) found: String,
    /// What would help, and whether `--fix` does it.
    pub(crate) remedy: Option<Remedy>,
}

/// What would help.
pub(crate) struct Remedy {
    /// In a line, as a command to the reader or as what `--fix` does.
    pub(crate) text: String,
    /// What `--fix` runs; none when only a person can do it.
    pub(crate) repair: Option<Repair>,
}

/// Puts something right.
pub(super) type Repair = Box<dyn FnOnce(&dyn Progress) -> anyhow::Result<()>>;

impl Status {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Later => "later",
            Self::Limited => "limited",
            Self::Missing => "missing",
        }
    }
}

impl Check {
    /// All is well.
    pub(super) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, found)
    }

    /// It is made by itself when it is first needed.
    pub(super) fn later(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, Status::Later, found)
    }

    /// It could be better.
    pub(super) fn limited(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, Status::Limited, found)
    }

    /// Something does not work without it.
    pub(super) fn missing(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, Status::Missing, found)
    }

    /// The same with what a person can do about it.
    pub(super) fn advise(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.remedy = Some(Remedy { text, repair: None });
        self
    }

    /// The same with what `--fix` does about it.
    pub(super) fn repair(
        mut self,
        text: impl Into<String>,
        repair: impl FnOnce(&dyn Progress) -> anyhow::Result<()> + 'static,
    ) -> Self {
        self.remedy = Some(Remedy {
            text: text.into(),
            repair: Some(Box::new(repair)),
        });
        self
    }

    fn new(name: &'static str, status: Status, found: impl Into<String>) -> Self {
        Self {
            name,
            status,
            found: found.into(),
            remedy: None,
        }
    }
}
