//! The end of a host: deployments and calls finish, states are saved.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::execute::Deploy;
use super::record;
use super::route::Route;
use super::serving::DRAIN;
use super::start::{Starter, blocking};
use crate::error::Error;
use crate::event::Event;
use crate::store::Batch;

impl Deploy {
    /// Drains everything that is in service, and saves the state of actors.
    /// May be called again when it was cancelled or has failed.
    pub(crate) async fn end(&self) -> Result<(), Error> {
        // A deployment that has not switched its route yet is refused when it comes to it.
        let _ = timeout(DRAIN, self.turns.close()).await;
        let mut saving = JoinSet::new();
        for route in self.router.all() {
            let (starter, drains) = (self.starter.clone(), self.drains.clone());
            saving.spawn(async move {
                let saved = save(&starter, &route).await;
                drains.begin(Some(route));
                saved
            });
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
        self.router.close();
        outcome
    }
}

/// Saves the state of an actor that was started, and ends it.
async fn save(starter: &Starter, route: &Arc<Route>) -> Result<(), Error> {
    let Some(serving) = route.retire().await else {
        return Ok(());
    };
    let name = &route.release.name;
    let handover = match serving.pause().await {
        Ok(Some(handover)) => handover,
        Ok(None) => return Ok(()),
        Err(error) => {
            starter.events.emit(Event::StateNotSaved {
                component: name.clone(),
                reason: error.to_string(),
            });
            return Ok(());
        }
    };
    if let Some(saved) = &handover.saved {
        let (store, batch) = (starter.store.clone(), record::put_state(Batch::default(), name, saved));
        blocking(move || store.commit(batch)).await?;
    }
    handover.end();
    Ok(())
}
