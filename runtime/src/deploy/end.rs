//! The end of a host: deployments and calls finish, states are saved.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::execute::Deploy;
use super::record;
use super::route::Target;
use super::serving::Afterwards;
use super::start::blocking;
use crate::actor::Saving;
use crate::error::Error;
use crate::event::Event;
use crate::store::Batch;

impl Deploy {
    /// Drains everything that is in service, and saves the state of actors.
    /// May be called again when it was cancelled or has failed.
    pub(crate) async fn end(&self) -> Result<(), Error> {
        // A deployment that has not switched its route yet is refused when it comes to it.
        let _ = timeout(self.drains.deadline(), self.turns.close()).await;
        let mut saving = JoinSet::new();
        for (_, route) in self.router.all() {
            for share in route.shares() {
                let (deploy, target) = (self.clone(), share.target.clone());
                saving.spawn(async move {
                    // What could not be written goes on, so that the shutdown can be taken up again.
                    deploy.save(&target).await?;
                    deploy.withdraw(&target);
                    Ok(())
                });
            }
        }
        for target in self.standby.drain() {
            self.withdraw(&target);
        }
        let mut outcome = Ok(());
        while let Some(saved) = saving.join_next().await {
            let saved = saved.unwrap_or_else(|error| {
                Err(Error::Engine {
                    reason: error.to_string(),
                })
            });
            outcome = outcome.and(saved);
        }
        self.drains.finish().await;
        self.starter.code.settle().await;
        self.router.close();
        outcome
    }

    /// Lets a release end when its calls have.
    fn withdraw(&self, target: &Target) {
        if let Some(serving) = target.started() {
            self.drains.begin_unreported(serving.clone(), Afterwards::End);
        }
    }

    /// Saves the state of an actor that was started, and ends it.
    async fn save(&self, target: &Arc<Target>) -> Result<(), Error> {
        let Some(serving) = target.retire().await else {
            return Ok(());
        };
        let name = &target.release.name;
        let handover = match serving.pause(Saving::Now, self.drains.deadline()).await {
            Ok(Some(handover)) => handover,
            Ok(None) => return Ok(()),
            Err(error) => {
                self.starter.events.emit(Event::StateNotSaved {
                    component: name.clone(),
                    reason: error.to_string(),
                });
                return Ok(());
            }
        };
        if let Some(saved) = &handover.saved {
            let (store, batch) = (
                self.starter.store.clone(),
                record::put_state(Batch::default(), name, saved),
            );
            blocking(move || store.commit(batch)).await?;
            self.reached(name, "state-saved");
        }
        handover.end();
        Ok(())
    }
}
