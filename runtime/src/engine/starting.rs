//! Starts of instances, as far as the failures before let them.

use std::time::Instant;

use super::prepared::Prepared;
use crate::error::Error;
use crate::event::Event;
use crate::usage::{Outcome, Starting};

impl Prepared {
    /// Starts an instance by `start`, unless too many starts have failed one after the other.
    pub(super) async fn starting<T>(&self, start: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let starting = self.begin_start()?;
        let started = start.await;
        match &started {
            Ok(_) => {
                if starting.succeed() {
                    self.tell_resumed();
                }
            }
            Err(error) if error.is_guest_fault() => self.note_failure(starting, error),
            // It was not the component's fault.
            Err(_) => {}
        }
        started
    }

    fn begin_start(&self) -> Result<Starting<'_>, Error> {
        self.starts.begin(Instant::now()).map_err(|held| match held.since {
            Some(since) => Error::Quarantined {
                label: self.release.label(),
                failures: held.failures,
                since,
                reason: held.reason,
                retry_in: held.wait,
            },
            None => Error::BackingOff {
                label: self.release.label(),
                failures: held.failures,
                reason: held.reason,
                retry_in: held.wait,
            },
        })
    }

    fn note_failure(&self, starting: Starting<'_>, error: &Error) {
        let reason = error.to_string();
        if let Some(Outcome::Quarantined(wait)) = starting.fail(Instant::now(), &reason) {
            self.events.emit(Event::Quarantined {
                component: self.release.name.clone(),
                version: self.release.version.clone(),
                reason,
                retry_in: wait,
            });
        }
    }

    /// Forgets the failures of its starts, and tells when that ends a quarantine.
    pub(crate) fn resume(&self) -> bool {
        let was_quarantined = self.starts.forget();
        if was_quarantined {
            self.tell_resumed();
        }
        was_quarantined
    }

    fn tell_resumed(&self) {
        self.events.emit(Event::Resumed {
            component: self.release.name.clone(),
            version: self.release.version.clone(),
        });
    }
}
