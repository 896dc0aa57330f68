//! Versions of releases: Semantic Versioning 2.0.0, and the development versions of a project's own state.

use semver::{BuildMetadata, Version};
use serde::{Deserialize, Serialize};

use super::Digest;
use crate::error::as_texts;

/// Why a text is not a version.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("`{}` is not a version", text.escape_debug())]
pub struct VersionError {
    text: String,
    #[serde(with = "as_texts")]
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// The longest version, in bytes.
pub(super) const MAX_BYTES: usize = 128;

/// Reads a version; a leading `v` is accepted, as in `v1.2.0`.
pub fn parse_version(text: &str) -> Result<Version, VersionError> {
    let bare = text.strip_prefix('v').unwrap_or(text);
    let short = bare.get(..MAX_BYTES.min(bare.len())).unwrap_or("");
    // An over-long version is cut inside, so that what is left cannot be one.
    let read = if bare.len() > MAX_BYTES { "" } else { short };
    Version::parse(read).map_err(|source| VersionError {
        text: text.chars().take(80).collect(),
        source: source.into(),
    })
}

/// The version of a bare file that names none: `0.0.0+<first eight digits of its digest>`.
pub(crate) fn anonymous_version(digest: &Digest) -> Version {
    with_build(Version::new(0, 0, 0), &digest.short())
}

/// The `n`-th development version of `version`: `1.2.0+dev.3`.
pub fn development_version(version: &Version, n: u64) -> Version {
    with_build(version.clone(), &format!("dev.{n}"))
}

fn with_build(mut version: Version, build: &str) -> Version {
    // Both callers pass ASCII letters, digits and dots, which is what build metadata may hold.
    version.build = BuildMetadata::new(build).unwrap_or(BuildMetadata::EMPTY);
    version
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_v_is_accepted() {
        assert_eq!(parse_version("v1.5.0").unwrap(), Version::new(1, 5, 0));
        assert_eq!(parse_version("1.5.0").unwrap(), Version::new(1, 5, 0));
    }

    #[test]
    fn other_texts_are_refused() {
        let long = format!("1.0.0+{}", "a".repeat(300));
        for bad in [
            "",
            "v",
            "latest",
            "1",
            "1.0",
            "1.0.0+../../x",
            "vv1.0.0",
            "1.0.0\n",
            &long,
        ] {
            assert!(parse_version(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn development_versions_are_numbered() {
        assert_eq!(
            development_version(&Version::new(1, 2, 0), 3).to_string(),
            "1.2.0+dev.3"
        );
    }
}
