//! The state of an actor on its way from one release to another, and back.

use std::sync::Arc;

use super::Move;
use crate::actor::{self, Handover, Saved, Saving};
use crate::deploy::options::StateChoice;
use crate::deploy::record::{self, Action};
use crate::deploy::route::{Router, Target};
use crate::deploy::serving::Serving;
use crate::deploy::start::blocking;
use crate::error::Error;

/// What of a state was moved so far.
/// Dropping it undoes everything: what was paused or retired goes on.
#[derive(Default)]
pub(super) struct Transfer {
    /// What the new release was given.
    pub(super) saved: Option<Saved>,
    /// What the old release was left with.
    pub(super) left: Option<Saved>,
    /// The calls whose effects are lost, because an earlier state was taken.
    pub(super) calls_lost: Option<u64>,
    handover: Option<Handover>,
    retirement: Option<Retirement>,
    /// Whether the old actor has ended.
    ended: bool,
    /// Whether the old actor's task had failed before.
    was_dead: bool,
}

/// A target whose release was not started, and must not be as long as this is held.
struct Retirement {
    target: Arc<Target>,
    router: Arc<Router>,
    replaced: bool,
}

impl Transfer {
    /// Ends the old actor, which the new release replaces.
    pub(super) fn end_old(&mut self) {
        if let Some(retirement) = &mut self.retirement {
            retirement.replaced = true;
        }
        if let Some(handover) = self.handover.take() {
            handover.end();
            self.ended = true;
        }
        self.ended |= self.was_dead;
    }
}

impl Drop for Retirement {
    fn drop(&mut self) {
        if !self.replaced {
            self.target.revive();
            self.router.announce();
        }
    }
}

impl Move<'_> {
    /// Pauses the old release, if it is an actor in service, and hands a state to the new one.
    pub(super) async fn transfer_state(&mut self) -> Result<(), Error> {
        let choice = self.order.state;
        let is_rollback = self.order.action == Action::Rollback;
        let saving = match choice {
            Some(StateChoice::Before) => Saving::Skipped,
            _ => Saving::Now,
        };
        let live = match self.pause_old(saving).await {
            // A release that cannot save is one to go back from.
            Err(_) if is_rollback && choice.is_none() => {
                self.pause_old(Saving::Skipped).await?;
                None
            }
            live => live?,
        };
        let calls = match (&self.transfer.handover, &live) {
            (Some(handover), _) => handover.calls,
            (None, live) => live.as_ref().map_or(0, |saved| saved.calls),
        };
        self.transfer.left = live
            .clone()
            .filter(|saved| Some(&saved.version) == self.plan.from.as_ref());
        if choice != Some(StateChoice::Before) {
            let Some(saved) = live else {
                return if is_rollback && self.order.lead().has_state && calls > 0 {
                    self.go_back(calls).await
                } else {
                    Ok(())
                };
            };
            match self.lead()?.restore(saved.clone()).await {
                Ok(()) => {
                    self.transfer.saved = Some(saved);
                    return Ok(());
                }
                Err(error) if !is_rollback || choice.is_some() => return Err(error),
                Err(_) => {}
            }
            let max = self.base.as_ref().and_then(|base| base.max);
            if let Some(candidate) = self.candidates.first_mut() {
                candidate.restart(&self.deploy.starter, max).await?;
            }
        }
        self.go_back(calls).await
    }

    /// Gives the new release the state with which it was left, and counts what was done since.
    async fn go_back(&mut self, calls: u64) -> Result<(), Error> {
        let release = self.order.lead();
        let (store, name, version) = (
            self.deploy.starter.store.clone(),
            release.name.clone(),
            release.version.clone(),
        );
        let before = blocking(move || record::snapshot(&store, &name, &version)).await?;
        let Some(before) = before else {
            return Err(Error::NoEarlierState { label: release.label() });
        };
        self.lead()?.restore(before.clone()).await?;
        self.transfer.calls_lost = Some(calls.saturating_sub(before.calls));
        self.transfer.saved = Some(before);
        Ok(())
    }

    /// Pauses the old actor; returns the newest state, which is the one in the store when no actor runs.
    async fn pause_old(&mut self, saving: Saving) -> Result<Option<Saved>, Error> {
        if let Some(base) = &self.base {
            let target = base.primary();
            match target.retire().await.cloned() {
                // Of an actor whose task has failed, only what was saved is left.
                Some(serving) if serving.is_dead() => {
                    if self.order.state == Some(StateChoice::Live) {
                        return Err(crate::actor::dead());
                    }
                    self.transfer.was_dead = true;
                }
                Some(serving) => self.transfer.handover = serving.pause(saving, self.deploy.drains.deadline()).await?,
                None => {
                    self.transfer.retirement = Some(Retirement {
                        target: target.clone(),
                        router: self.deploy.router.clone(),
                        replaced: false,
                    });
                }
            }
        }
        if let Some(saved) = self
            .transfer
            .handover
            .as_ref()
            .and_then(|handover| handover.saved.clone())
        {
            return Ok(Some(saved));
        }
        if saving == Saving::Skipped && self.transfer.handover.is_some() {
            return Ok(None);
        }
        let (store, name) = (self.deploy.starter.store.clone(), self.order.name.clone());
        blocking(move || record::state(&store, &name)).await
    }

    /// Brings the old actor back after the new one has taken calls; none when no actor has ended.
    ///
    /// It gets the live state, or, when that cannot be had or is refused, what it was left with.
    /// Returns the target that it had, and the one that it has now.
    pub(super) async fn return_state(&mut self) -> Result<Option<(Arc<Target>, Arc<Target>)>, Error> {
        let Some(old) = self.base.as_ref().map(|base| base.primary().clone()) else {
            return Ok(None);
        };
        let was_retired = self.transfer.retirement.as_ref().is_some_and(|held| held.replaced);
        if !self.transfer.ended && !was_retired {
            return Ok(None);
        }
        let starter = &self.deploy.starter;
        let prepared = match old.started() {
            Some(serving) => serving.prepared.clone(),
            None => starter.prepare_stored(&old.release).await?,
        };
        let lead = self.lead()?.clone();
        let deadline = self.deploy.drains.deadline();
        let live = match lead.pause(Saving::Now, deadline).await {
            Ok(handover) => handover,
            Err(_) => lead.pause(Saving::Skipped, deadline).await.unwrap_or_default(),
        };
        let calls = live.as_ref().map_or(0, |handover| handover.calls);
        let live_state = live.as_ref().and_then(|handover| handover.saved.clone());
        let before = self.transfer.saved.clone();
        let max = self.base.as_ref().and_then(|base| base.max);
        let (first, restored) = match live_state {
            Some(saved) => match actor::start(&prepared, Some(&saved)).await {
                Ok(first) => (first, Some(saved)),
                Err(_) => (actor::start(&prepared, before.as_ref()).await?, before.clone()),
            },
            None => (actor::start(&prepared, before.as_ref()).await?, before.clone()),
        };
        if restored == before {
            let had = before.as_ref().map_or(0, |saved| saved.calls);
            self.transfer.calls_lost = Some(calls.saturating_sub(had)).filter(|lost| *lost > 0);
        }
        let serving = Serving::new(prepared, Some(first), restored, max);
        let target = Arc::new(Target::warm(starter.register(serving)));
        if let Some(handover) = live {
            // Its callers find the old release as soon as the route leads there.
            handover.end();
        }
        Ok(Some((old, target)))
    }
}
