//! Replaced releases on their way out: each ends when the calls it took have returned.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use super::route::Route;

/// The releases that are being drained.
#[derive(Debug, Default)]
pub(crate) struct Drains(Mutex<JoinSet<()>>);

impl Drains {
    /// Lets the calls that a replaced release took come to their end, without waiting for them here.
    pub(crate) fn begin(&self, replaced: Option<Arc<Route>>) {
        let Some(serving) = replaced.and_then(|route| route.started().cloned()) else {
            return;
        };
        let mut drains = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while drains.try_join_next().is_some() {}
        drains.spawn(async move { serving.drain().await });
    }

    /// Waits for all of them.
    pub(crate) async fn finish(&self) {
        let mut drains = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        while drains.join_next().await.is_some() {}
    }
}
