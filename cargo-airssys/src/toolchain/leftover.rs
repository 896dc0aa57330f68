//! Private toolchains in the cache that nothing uses any more.

use std::error::Error;
use std::path::{Path, PathBuf};

use super::private;

/// A folder that only takes room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The folder.
    pub path: PathBuf,
    /// Why it is not used.
    pub reason: &'static str,
}

/// What is left over below `cache`; nothing is changed.
pub fn leftovers(cache: &Path) -> Vec<Leftover> {
    private::leftovers(cache)
}

/// Toolchains below `cache` that another version of this program made; this one neither uses nor removes them.
pub fn toolchains_of_others(cache: &Path) -> Vec<PathBuf> {
    private::of_others(cache)
}

/// Removes what is left over below `cache`.
pub fn remove_leftovers(cache: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    Ok(private::remove_leftovers(cache)?)
}
