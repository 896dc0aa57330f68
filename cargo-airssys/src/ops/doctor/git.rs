//! git, which cargo runs for dependencies that come from repositories.

use super::check::{Check, Place};
use crate::toolchain;

pub(super) fn look(_: &Place) -> Vec<Check> {
    vec![match toolchain::program_version("git") {
        Ok(version) => Check::ok("tools.git", version),
        Err(error) => Check::limited("tools.git", format!("{error}: dependencies from git cannot be fetched"))
            .advise("install git, for example with `apt-get install git`"),
    }]
}
