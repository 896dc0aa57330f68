//! How much an instance has under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Network;
use crate::interface::slots::Slot;

/// The most requests of one instance, and the most names that it looks up, at the same time.
const MAX_REQUESTS: usize = 64;
const MAX_LOOKUPS: usize = 16;

/// What an instance does over the network.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    Request,
    LookUp,
}

/// What is under way, by kind.
#[derive(Debug, Default)]
pub(super) struct Counts([AtomicUsize; 2]);

/// Something that is under way until this is dropped.
pub(crate) struct UnderWay {
    network: Arc<Network>,
    work: Work,
    /// A connection takes a descriptor of the host.
    _slot: Slot,
}

impl Work {
    fn most(self) -> usize {
        match self {
            Self::Request => MAX_REQUESTS,
            Self::LookUp => MAX_LOOKUPS,
        }
    }
}

impl Network {
    /// Begins something; none when there is too much of it.
    pub(crate) fn begin(self: &Arc<Self>, work: Work) -> Option<UnderWay> {
        let slot = Slot::take(self.gate.descriptors())?;
        let count = &self.counts.0[work as usize];
        let more = |number| (number < work.most()).then_some(number + 1);
        count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(UnderWay {
            network: self.clone(),
            work,
            _slot: slot,
        })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.network.counts.0[self.work as usize].fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::network::fixture;

    #[test]
    fn so_much_is_under_way_and_no_more() {
        let (network, _) = fixture::network(&[]);
        let mut begun: Vec<_> = (0..MAX_REQUESTS)
            .map(|_| network.begin(Work::Request).unwrap())
            .collect();
        assert!(network.begin(Work::Request).is_none());
        assert!(network.begin(Work::LookUp).is_some());
        begun.pop();
        assert!(network.begin(Work::Request).is_some());
    }
}
