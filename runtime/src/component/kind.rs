//! The four kinds of guest, told apart by the interfaces they export.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a component is, by what it exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// Exports `airssys:component/guest`: called with messages.
    Guest,
    /// Exports `wasi:http/incoming-handler`: answers HTTP requests.
    Http,
    /// Exports `wasi:cli/run`: reads standard input, writes standard output, ends.
    Command,
    /// Exports functions of its own.
    Library,
}

/// The export that makes a component a [`Kind::Guest`].
pub(crate) const GUEST: &str = "airssys:component/guest";
/// The export that makes a component an actor by default.
pub(crate) const STATE: &str = "airssys:component/state";
/// The export that makes a component a [`Kind::Command`].
pub(crate) const RUN: &str = "wasi:cli/run";
/// The export that makes a component a [`Kind::Http`].
pub(crate) const INCOMING_HANDLER: &str = "wasi:http/incoming-handler";

impl Kind {
    /// The kind of a component that exports these names.
    /// A component that exports several of the interfaces is the first of them in the order of this enum.
    pub(crate) fn of<'a>(exports: impl Iterator<Item = &'a str> + Clone) -> Self {
        let has = |interface| exports.clone().any(|name| is_interface(name, interface));
        if has(GUEST) {
            Self::Guest
        } else if has(INCOMING_HANDLER) {
            Self::Http
        } else if has(RUN) {
            Self::Command
        } else {
            Self::Library
        }
    }

    /// Whether components of this kind take messages.
    /// Exports are called by their own types whatever the kind is.
    pub fn is_callable(self) -> bool {
        matches!(self, Self::Guest | Self::Command)
    }
}

/// Whether `name`, as exported or imported, is some version of `interface`.
pub(crate) fn is_interface(name: &str, interface: &str) -> bool {
    name.split('@').next() == Some(interface)
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Guest => "component (airssys:component/guest)",
            Self::Http => "web API (wasi:http/incoming-handler)",
            Self::Command => "command (wasi:cli/run)",
            Self::Library => "library (exports of its own)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_recognised_by_their_exports() {
        let check = |exports: &[&str], kind| assert_eq!(Kind::of(exports.iter().copied()), kind, "{exports:?}");
        check(&["airssys:component/guest@0.1.0"], Kind::Guest);
        check(&["wasi:cli/run@0.2.6", "airssys:component/guest@0.1.0"], Kind::Guest);
        check(&["wasi:http/incoming-handler@0.2.0"], Kind::Http);
        check(&["wasi:cli/run@0.2.6"], Kind::Command);
        check(&["add", "wasi:cli/runner@0.2.0"], Kind::Library);
        check(&[], Kind::Library);
    }
}
