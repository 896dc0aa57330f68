//! What a component asks for and is not granted.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::grants::GrantSet;
use super::{Capability, Grant};

/// Something that a component asks for and that is not granted as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Missing {
    /// The capability.
    pub capability: Capability,
    /// The pattern, in full.
    pub pattern: String,
    /// The guest directory that is nowhere on this machine, so that a grant has to say where it is.
    pub unmounted: Option<String>,
    /// Whether an operator has revoked it, which only a grant of an operator takes back.
    #[serde(default)]
    pub revoked: bool,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.capability, self.pattern)?;
        if self.revoked {
            f.write_str(" (revoked)")?;
        }
        match &self.unmounted {
            Some(directory) => write!(f, " (`{directory}` is no directory of this machine yet)"),
            None => Ok(()),
        }
    }
}

impl Missing {
    /// Whether it is this that is missing.
    pub(crate) fn is(&self, grant: &Grant) -> bool {
        self.capability == *grant.capability() && self.pattern == grant.pattern()
    }
}

impl GrantSet {
    /// What of all that is asked for is not granted, or is in no directory of this machine.
    pub(crate) fn missing(&self, asked: &[Grant]) -> Vec<Missing> {
        let missing = asked.iter().filter_map(|asked| {
            // A single path may be a directory that is mounted itself.
            let is_mounted =
                |directory: &String| self.mount_of(directory).is_some() || self.mount_of(&asked.pattern()).is_some();
            let unmounted = asked.mountable().filter(|directory| !is_mounted(directory));
            (unmounted.is_some() || !self.covers(asked)).then(|| Missing {
                capability: asked.capability().clone(),
                pattern: asked.pattern(),
                unmounted,
                revoked: self.is_revoked(asked),
            })
        });
        missing.collect()
    }
}
