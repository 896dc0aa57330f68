//! Parts of bodies that came in and that a guest has begun to read, and not read to their end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// What is kept of a connection by whoever keeps a byte of what was read from it, at least.
pub(super) const MIN_PART: usize = 64 << 10;

/// How much a guest keeps of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts(Arc<AtomicUsize>);

/// Counts until nobody has any of it.
struct Part {
    bytes: Bytes,
    parts: Parts,
}

impl Parts {
    /// A part that counts from now on.
    pub(crate) fn count(&self, bytes: Bytes) -> Bytes {
        let part = Part {
            bytes,
            parts: self.clone(),
        };
        self.0.fetch_add(part.counts_as(), Ordering::Relaxed);
        Bytes::from_owner(part)
    }

    pub(super) fn held(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Part {
    fn counts_as(&self) -> usize {
        self.bytes.len().max(MIN_PART)
    }
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.parts.0.fetch_sub(self.counts_as(), Ordering::Relaxed);
    }
}
