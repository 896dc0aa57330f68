//! One difference between two releases, and all of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::component::inspect::one_line;

/// How much a change matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// The operator may have to do something first, such as to grant what is newly asked for.
    Warning,
    /// Something that worked with the old release does not with the new one.
    Breaking,
}

/// What is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DifferenceKind {
    /// An export is gone.
    ExportRemoved,
    /// An export has another type, or, as a note, another compatible version.
    ExportChanged,
    /// An export is new, or an exported interface has more in it.
    ExportAdded,
    /// An import is new.
    ImportAdded,
    /// An import asks for more than before.
    ImportChanged,
    /// An import is gone.
    ImportRemoved,
    /// A capability is newly asked for.
    CapabilityAdded,
    /// A capability is not asked for any more.
    CapabilityRemoved,
    /// A limit has another value.
    LimitChanged,
    /// Instances are made in another way, or there are more or fewer of them.
    InstancesChanged,
    /// It gets the HTTP requests of another route.
    RouteChanged,
    /// It keeps state, and did not before.
    StateGained,
    /// It keeps no state, and did before.
    StateLost,
    /// It is another kind of guest.
    KindChanged,
    /// The new version is higher, and says too little about what has changed.
    VersionTooSmall,
    /// The new version is lower than the old one.
    VersionLower,
    /// The types of the two releases could not be compared.
    Unreadable,
}

/// One difference between two releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Difference {
    /// How much it matters.
    pub severity: Severity,
    /// What is different.
    pub kind: DifferenceKind,
    /// The same for a person, in one printable line: ``no longer exports `acme:shop/cart@1.2.0` ``.
    pub text: String,
}

/// Every difference between two releases, the most severe first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Compatibility {
    /// The differences; at most 1,000.
    pub differences: Vec<Difference>,
}

impl Compatibility {
    /// Whether something that worked with the old release does not with the new one.
    pub fn is_breaking(&self) -> bool {
        self.breaking().next().is_some()
    }

    /// The differences that are breaking.
    pub fn breaking(&self) -> impl Iterator<Item = &Difference> {
        self.differences
            .iter()
            .filter(|difference| difference.severity == Severity::Breaking)
    }
}

impl Difference {
    pub(super) fn note(kind: DifferenceKind, text: impl AsRef<str>) -> Self {
        Self::new(Severity::Note, kind, text.as_ref())
    }

    pub(super) fn warning(kind: DifferenceKind, text: impl AsRef<str>) -> Self {
        Self::new(Severity::Warning, kind, text.as_ref())
    }

    pub(super) fn breaking(kind: DifferenceKind, text: impl AsRef<str>) -> Self {
        Self::new(Severity::Breaking, kind, text.as_ref())
    }

    fn new(severity: Severity, kind: DifferenceKind, text: &str) -> Self {
        // Names of interfaces, patterns and reasons are quoted from components that come from anywhere.
        let text = one_line(text);
        Self { severity, kind, text }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Breaking => "breaking",
        })
    }
}
