//! What is decided about all that is below a directory, instead of about one path.

use super::access::{Access, is_hidden};
use super::gate::Gate;
use super::glob::escaped;
use super::grants::{GrantSet, Granted};
use super::{Capability, Grant};

/// How much of all that is below a directory is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Extent {
    /// All but what belongs to tools.
    SparingTools,
    /// All.
    All,
}

impl Gate {
    /// Whether a guest may go through this directory, because something below it is asked for and granted.
    /// That gives no right to see what is in it.
    pub(crate) fn leads_below(&self, path: &str) -> bool {
        let is_asked = |asked: &Grant| asked.leads_below(path);
        self.asked().iter().any(is_asked) && self.granted().leads_below(path)
    }

    /// How much of this directory and everything below it is asked for and granted, when nothing of it is revoked.
    pub(crate) fn allows_all_of(&self, capability: &Capability, path: &str) -> Option<Extent> {
        // What would stand for others in a name is only itself.
        let pattern = format!("{}/**", escaped(path.trim_end_matches('/')));
        // A name that is no pattern is not granted as a whole.
        let Ok(all) = Grant::parse(capability.clone(), &pattern) else {
            return None;
        };
        let is_asked = self.asked().iter().any(|asked| asked.covers(&all));
        self.granted().holds_all(&all, path).filter(|_| is_asked)
    }

    /// Whether this directory or anything below it is asked for and granted.
    pub(crate) fn allows_any_of(&self, capability: &Capability, path: &str) -> bool {
        let concerns = |grant: &Grant| grant.capability() == capability && grant.reaches(path);
        let granted = self.granted();
        self.asked().iter().any(concerns) && granted.granted().any(|granted| concerns(&granted.grant))
    }
}

impl GrantSet {
    fn leads_below(&self, path: &str) -> bool {
        let is_revoked = |capability: &Capability| {
            self.revoked()
                .any(|revoked| revoked.capability() == capability && fits(revoked, path))
        };
        self.granted().any(|granted| {
            let is_kept_out = granted.spares_tools && is_hidden(path);
            !is_kept_out && granted.grant.leads_below(path) && !is_revoked(granted.grant.capability())
        })
    }

    /// How much of a directory one grant covers, when no revocation concerns anything in it.
    fn holds_all(&self, all: &Grant, path: &str) -> Option<Extent> {
        let is_revoked = |revoked: &Grant| revoked.capability() == all.capability() && revoked.reaches(path);
        let extent = |granted: &Granted| match granted.spares_tools {
            false => Some(Extent::All),
            true => (!tool_directory(all.capability(), path)).then_some(Extent::SparingTools),
        };
        let covering = self.granted().filter(|granted| granted.grant.covers(all));
        covering
            .filter_map(extent)
            .max()
            .filter(|_| !self.revoked().any(is_revoked))
    }
}

/// Whether a directory is one of tools, or in one.
fn tool_directory(capability: &Capability, path: &str) -> bool {
    let access = match capability {
        Capability::FileRead => Access::FileRead(path),
        _ => Access::FileWrite(path),
    };
    access.concerns_tools()
}

fn fits(grant: &Grant, path: &str) -> bool {
    grant.fits(&Access::FileRead(path)) || grant.fits(&Access::FileWrite(path))
}

impl Grant {
    /// Whether it is for a file or directory, or for something below it.
    pub(crate) fn reaches(&self, path: &str) -> bool {
        fits(self, path) || self.leads_below(path)
    }
}
