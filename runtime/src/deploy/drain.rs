//! Replaced releases on their way out: each ends when the calls it took have returned.

use std::sync::Arc;

use super::route::Route;
use crate::engine::InFlight;

/// The releases that are being drained.
#[derive(Clone, Debug)]
pub(crate) struct Drains(InFlight);

impl Default for Drains {
    fn default() -> Self {
        Self(InFlight::new(u32::MAX))
    }
}

impl Drains {
    /// Lets the calls that a release took come to their end, without waiting for them here.
    pub(crate) fn begin(&self, replaced: Option<Arc<Route>>) {
        let Some(serving) = replaced.and_then(|route| route.started().cloned()) else {
            return;
        };
        let under_way = self.0.take();
        tokio::spawn(async move {
            serving.drain().await;
            drop(under_way);
        });
    }

    /// Waits for all of them.
    pub(crate) async fn finish(&self) {
        self.0.wait_for_none().await;
    }
}
