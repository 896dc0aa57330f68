//! Bytes that are in the store before their release is recorded, which no other component may have removed.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::component::Digest;

/// The bytes that deployments under way have kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unrecorded(Arc<Mutex<Vec<Weak<Digest>>>>);

/// Held until the releases of the bytes are recorded, or given up.
#[derive(Debug)]
pub(crate) struct Announced(#[expect(dead_code, reason = "held to be counted")] Vec<Arc<Digest>>);

/// Nothing is announced as long as this is held.
pub(crate) struct Removing<'a>(MutexGuard<'a, Vec<Weak<Digest>>>);

impl Unrecorded {
    /// Announces bytes that are about to be kept; waits while others are removed.
    pub(crate) fn announce(&self, digests: impl Iterator<Item = Digest>) -> Announced {
        let announced: Vec<Arc<Digest>> = digests.map(Arc::new).collect();
        let mut all = self.all();
        all.retain(|digest| digest.strong_count() > 0);
        all.extend(announced.iter().map(Arc::downgrade));
        Announced(announced)
    }

    /// Begins to remove bytes that no release needs.
    pub(crate) fn removing(&self) -> Removing<'_> {
        Removing(self.all())
    }

    fn all(&self) -> MutexGuard<'_, Vec<Weak<Digest>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Removing<'_> {
    /// What must stay although it is not recorded.
    /// The records are to be read after this: what is recorded by then is not announced any more.
    pub(crate) fn announced(&self) -> HashSet<Digest> {
        let held = self.0.iter().filter_map(Weak::upgrade);
        held.map(|digest| *digest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_announced_until_their_deployment_has_ended() {
        let unrecorded = Unrecorded::default();
        let [a, b] = [b"a", b"b"].map(|bytes| Digest::of(bytes));
        let twice = [
            unrecorded.announce([a, b].into_iter()),
            unrecorded.announce([a].into_iter()),
        ];
        let [both, one] = twice;
        drop(both);
        assert_eq!(unrecorded.removing().announced(), HashSet::from([a]));
        drop(one);
        assert!(unrecorded.removing().announced().is_empty());
    }
}
