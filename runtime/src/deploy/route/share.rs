//! The route of one component: its releases, and which part of the calls each gets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use semver::Version;

use super::{Rules, Target};
use crate::engine::Fields;

/// One release of a route.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    pub(crate) target: Arc<Target>,
    /// Its part of the sum of all weights.
    pub(crate) weight: u32,
}

/// The route of one component; replaced as a whole when it changes.
#[derive(Debug)]
pub(crate) struct Route {
    /// At least one, and one at least has a weight.
    shares: Vec<Share>,
    total: u64,
    pub(crate) rules: Rules,
    /// How many instances its pools may have, when the operator said so.
    pub(crate) max: Option<u32>,
    /// The deployment that made it.
    pub(crate) deployment: u64,
    pub(crate) deployed_at: DateTime<Utc>,
    /// Where a rollback leads that names no version.
    pub(crate) previous: Option<Version>,
    /// The number of the next call that is routed by weight.
    next: AtomicU64,
}

impl Route {
    /// A route of these shares.
    pub(crate) fn new(first: Share, others: Vec<Share>, deployment: u64, deployed_at: DateTime<Utc>) -> Self {
        let mut shares = vec![first];
        shares.extend(others);
        Self {
            total: shares.iter().map(|share| u64::from(share.weight)).sum(),
            shares,
            rules: Rules::default(),
            max: None,
            deployment,
            deployed_at,
            previous: None,
            next: AtomicU64::new(0),
        }
    }

    /// The same route with other shares: what is in force while a deployment is watched.
    pub(crate) fn with_shares(&self, first: Share, others: Vec<Share>) -> Self {
        Self {
            rules: self.rules.clone(),
            max: self.max,
            previous: self.previous.clone(),
            ..Self::new(first, others, self.deployment, self.deployed_at)
        }
    }

    /// The same route with another target in place of one.
    pub(crate) fn with_replaced(&self, old: &Arc<Target>, new: Arc<Target>) -> Self {
        let mut shares = self.shares.clone();
        for share in &mut shares {
            if Arc::ptr_eq(&share.target, old) {
                share.target = new.clone();
            }
        }
        let first = shares.remove(0);
        self.with_shares(first, shares)
    }

    pub(crate) fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// The release with the largest part of the calls; of several, the first.
    pub(crate) fn primary(&self) -> &Arc<Target> {
        let mut largest = &self.shares[0];
        for share in &self.shares[1..] {
            if share.weight > largest.weight {
                largest = share;
            }
        }
        &largest.target
    }

    /// The release of this version.
    pub(crate) fn target(&self, version: &Version) -> Option<&Arc<Target>> {
        let found = self
            .shares
            .iter()
            .find(|share| share.target.release.version == *version);
        found.map(|share| &share.target)
    }

    /// Each version and its weight.
    pub(crate) fn weights(&self) -> Vec<(Version, u32)> {
        let weight = |share: &Share| (share.target.release.version.clone(), share.weight);
        self.shares.iter().map(weight).collect()
    }

    /// The release that gets the next call, with which these names and values came, if any.
    pub(crate) fn pick(&self, fields: Option<Fields<'_>>) -> &Arc<Target> {
        let [only] = &*self.shares else {
            return &self.shares[self.place(fields)].target;
        };
        &only.target
    }

    fn place(&self, fields: Option<Fields<'_>>) -> usize {
        if let Some(fields) = fields
            && !self.rules.is_empty()
        {
            let named = self.rules.version(fields);
            let versions = || self.shares.iter().map(|share| &share.target.release.version);
            if let Some(place) = named.and_then(|named| versions().position(|version| version == named)) {
                return place;
            }
            let weights = versions().zip(self.shares.iter().map(|share| share.weight));
            if let Some(place) = self.rules.stuck(fields, weights) {
                return place;
            }
        }
        by_weight(
            self.next.fetch_add(1, Ordering::Relaxed),
            self.total,
            self.shares.iter().map(|share| share.weight),
        )
    }
}

/// Spreads calls over releases: of any calls in a row each gets its part, to within a few calls.
///
/// The multiples of the golden section fill the unit interval evenly (a Weyl sequence), which needs no randomness and
/// no state but a count.
fn by_weight(number: u64, total: u64, weights: impl Iterator<Item = u32>) -> usize {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let fraction = number.wrapping_mul(GOLDEN);
    // Weights are 32 bits each and there are few, so the sum of all fits well.
    let mut drawn = (u128::from(fraction) * u128::from(total)) >> 64;
    let mut last = 0;
    for (place, weight) in weights.enumerate() {
        if weight == 0 {
            continue;
        }
        if drawn < u128::from(weight) {
            return place;
        }
        drawn -= u128::from(weight);
        last = place;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(weights: &[u32], calls: u64) {
        let total: u32 = weights.iter().sum();
        let mut counts = vec![0_u64; weights.len()];
        for number in 0..calls {
            counts[by_weight(number, u64::from(total), weights.iter().copied())] += 1;
        }
        for (count, weight) in counts.iter().zip(weights) {
            let due = calls as f64 * f64::from(*weight) / f64::from(total);
            assert!((*count as f64 - due).abs() <= 3.0, "{counts:?} for {weights:?}");
            assert!(*weight > 0 || *count == 0);
        }
    }

    #[test]
    fn each_release_gets_its_part_of_any_calls_in_a_row() {
        for calls in [10, 100, 1_000] {
            check(&[95, 5], calls);
            check(&[1, 1, 1], calls);
            check(&[50, 0, 25, 25], calls);
            check(&[1, 99_999], calls);
            check(&[0, 7], calls);
        }
    }
}
