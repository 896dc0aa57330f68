//! Replaced releases on their way out: the calls that they took come to their end.

use std::sync::Arc;
use std::time::Duration;

use super::Serving;
use super::cancellation::Began;
use crate::engine::InFlight;
use crate::event::{Event, Events};

/// The releases that are being drained.
#[derive(Clone, Debug)]
pub(crate) struct Drains {
    under_way: InFlight,
    deadline: Duration,
    events: Events,
}

/// What becomes of a release when its calls have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Afterwards {
    /// It ends.
    End,
    /// It keeps this many instances at most, for a quick way back.
    Keep(u32),
}

impl Drains {
    pub(crate) fn new(deadline: Duration, events: Events) -> Self {
        Self {
            under_way: InFlight::new(u32::MAX),
            deadline,
            events,
        }
    }

    /// How long calls may go on.
    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Lets the calls that a release took come to their end, without waiting for them here.
    /// `report` is told how many had to be cancelled, when any had.
    pub(crate) fn begin<F: Future<Output = ()> + Send>(
        &self,
        serving: Arc<Serving>,
        afterwards: Afterwards,
        report: impl FnOnce(u32) -> F + Send + 'static,
    ) {
        let under_way = self.under_way.take();
        let began = serving.drain_begins();
        let (deadline, events) = (self.deadline, self.events.clone());
        tokio::spawn(async move {
            drain(serving, began, deadline, afterwards, events, report).await;
            // Last of all, so that nothing of the host is held here when it looks ended.
            drop(under_way);
        });
    }

    /// [`begin`](Self::begin), with nobody to report to.
    pub(crate) fn begin_unreported(&self, serving: Arc<Serving>, afterwards: Afterwards) {
        self.begin(serving, afterwards, |_| std::future::ready(()));
    }

    /// Waits for all of them.
    pub(crate) async fn finish(&self) {
        self.under_way.wait_for_none().await;
    }
}

async fn drain<F: Future<Output = ()> + Send>(
    serving: Arc<Serving>,
    began: Began,
    deadline: Duration,
    afterwards: Afterwards,
    events: Events,
    report: impl FnOnce(u32) -> F + Send,
) {
    let Some(cancelled) = serving.drain(began, deadline, afterwards).await else {
        return;
    };
    if cancelled > 0 {
        report(cancelled).await;
    }
    events.emit(Event::Drained {
        component: serving.release.name.clone(),
        version: serving.release.version.clone(),
        cancelled,
    });
}
