//! The private toolchain where there is none: only Debian's packages are known.

use std::path::{Path, PathBuf};

use super::error::StepError;
use super::rust::Toolchain;
use super::{Leftover, Private, Progress};

pub(super) fn find(_: &Path, _: &Path) -> Option<Toolchain> {
    None
}

pub(super) fn look(_: &Path, _: &Path) -> Option<Private> {
    None
}

pub(super) fn check(_: &Path) -> Result<(), StepError> {
    Err(StepError::Unfit("known for Debian only".into()))
}

pub(super) fn make(project: &Path, _: &Path, _: &dyn Progress) -> Result<Toolchain, StepError> {
    check(project)?;
    Err(StepError::Unfit("known for Debian only".into()))
}

pub(super) fn make_anew(project: &Path, cache: &Path, progress: &dyn Progress) -> Result<Toolchain, StepError> {
    make(project, cache, progress)
}

pub(super) fn leftovers(_: &Path) -> Vec<Leftover> {
    Vec::new()
}

pub(super) fn of_others(_: &Path) -> Vec<PathBuf> {
    Vec::new()
}

pub(super) fn remove_leftovers(_: &Path) -> Result<(), StepError> {
    Ok(())
}
