//! What became of an upgrade under one case, as data.

use std::time::Duration;

use crate::testing::outcome::{CallOutcome, Difference, Verdict};

/// What became of an upgrade that one case has driven.
#[derive(Debug)]
#[non_exhaustive]
pub struct UpgradeOutcome {
    /// The name of the case.
    pub name: String,
    /// What the case says of itself.
    pub description: Option<String>,
    /// Whether the upgrade and the rollback went as they should.
    pub verdict: Verdict,
    /// Why the case could not drive an upgrade, when it could not: then it passes, and says nothing.
    pub skipped: Option<String>,
    /// The calls of the old release before the upgrade.
    ///
    /// What differs from the case is no failure: the case belongs to the new release.
    pub before: Vec<CallOutcome>,
    /// The calls of the new release.
    pub upgraded: Vec<CallOutcome>,
    /// The calls of the old release after the rollback.
    pub back: Vec<CallOutcome>,
    /// Why the new release did not come into service, or the old one not back.
    pub refused: Option<Difference>,
    /// What became of the state.
    pub state: Fate,
    /// How many calls of the new release the rollback has lost with their effects, because the old one does not take
    /// the new one's state.
    pub calls_lost: u64,
    /// What the callers saw who went on meanwhile; none when the upgrade failed already without them.
    pub load: Option<Load>,
    /// How long all of it took.
    pub took: Duration,
}

/// What became of an actor's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// Neither release keeps one, or the upgrade was not made.
    Stateless,
    /// The new release went on with it.
    Carried {
        /// What the old one saved.
        bytes: u64,
    },
    /// The new release keeps none.
    Lost,
    /// The old release kept none.
    Begun,
}

/// What concurrent callers saw, who called without pause while one release took the place of the other and back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Load {
    /// The calls that were made.
    pub calls: u64,
    /// Those of them that ended with an error that the same call does not end with otherwise.
    pub failed: u64,
    /// The first such error.
    pub first_failure: Option<String>,
    /// Calls that were answered, and of which the state knows nothing at the end.
    pub forgotten: u64,
    /// How long the new release took from its start to all calls; compiling it is not part of this.
    pub swap: Duration,
    /// How long the way back took.
    pub rollback: Duration,
}

impl UpgradeOutcome {
    /// Whether everything went as it should.
    pub fn is_passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }

    /// The calls whose answers count, in their order.
    pub fn judged(&self) -> impl Iterator<Item = &CallOutcome> {
        self.upgraded.iter().chain(&self.back)
    }
}

impl Load {
    /// Whether no call failed, and none was forgotten.
    pub fn is_clean(&self) -> bool {
        self.failed == 0 && self.forgotten == 0
    }
}
