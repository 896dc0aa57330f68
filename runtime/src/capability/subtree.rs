//! What is decided about all that is below a directory, instead of about one path.

use super::access::Access;
use super::gate::Gate;
use super::glob::escaped;
use super::grants::GrantSet;
use super::{Capability, Grant};

impl Gate {
    /// Whether a guest may go through this directory, because something below it is asked for and granted.
    /// That gives no right to see what is in it.
    pub(crate) fn leads_below(&self, path: &str) -> bool {
        let is_asked = |asked: &Grant| asked.leads_below(path);
        self.asked().iter().any(is_asked) && self.granted().leads_below(path)
    }

    /// Whether this directory and everything below it is asked for and granted, and nothing of it is revoked.
    pub(crate) fn allows_all_of(&self, capability: &Capability, path: &str) -> bool {
        // What would stand for others in a name is only itself.
        let pattern = format!("{}/**", escaped(path.trim_end_matches('/')));
        // A name that is no pattern is not granted as a whole.
        let Ok(all) = Grant::parse(capability.clone(), &pattern) else {
            return false;
        };
        self.asked().iter().any(|asked| asked.covers(&all)) && self.granted().holds_all(&all, path)
    }

    /// Whether this directory or anything below it is asked for and granted.
    pub(crate) fn allows_any_of(&self, capability: &Capability, path: &str) -> bool {
        let concerns = |grant: &Grant| grant.capability() == capability && reaches(grant, path);
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
        self.granted()
            .any(|granted| granted.grant.leads_below(path) && !is_revoked(granted.grant.capability()))
    }

    /// Whether one grant covers all of a directory, and no revocation concerns anything in it.
    fn holds_all(&self, all: &Grant, path: &str) -> bool {
        let is_revoked = |revoked: &Grant| revoked.capability() == all.capability() && reaches(revoked, path);
        self.granted().any(|granted| granted.grant.covers(all)) && !self.revoked().any(is_revoked)
    }
}

fn fits(grant: &Grant, path: &str) -> bool {
    grant.fits(&Access::FileRead(path)) || grant.fits(&Access::FileWrite(path))
}

fn reaches(grant: &Grant, path: &str) -> bool {
    fits(grant, path) || grant.leads_below(path)
}
