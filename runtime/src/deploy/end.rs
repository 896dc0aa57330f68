//! The end of a host: calls finish, states are saved.

use std::sync::Arc;

use super::execute::Deploy;
use super::record;
use super::route::Route;
use super::start::blocking;
use crate::error::Error;
use crate::event::Event;
use crate::store::Batch;

impl Deploy {
    /// Drains everything that is in service, and saves the state of actors.
    pub(crate) async fn end(&self) -> Result<(), Error> {
        let mut first_error = Ok(());
        for route in self.router.all() {
            if let Err(error) = self.save(&route).await {
                first_error = first_error.and(Err(error));
            }
            self.drains.begin(Some(route));
        }
        self.drains.finish().await;
        self.router.close();
        first_error
    }

    async fn save(&self, route: &Arc<Route>) -> Result<(), Error> {
        let Some(serving) = route.started() else { return Ok(()) };
        let name = &route.release.name;
        let handover = match serving.pause().await {
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
        }
        handover.end();
        Ok(())
    }
}
