//! The one way into a guest: every clock runs, and whatever does not return in order costs the instance.

use std::time::{Duration, Instant};

use wasmtime::Store;

use super::fault;
use super::prepared::Prepared;
use super::state::InstanceState;
use super::timeout::until;
use crate::component::Limit;
use crate::error::Error;
use crate::event::Event;
use crate::interface::{Log, View as _};

/// A deadline beyond this is as good as none; it keeps sums of times within their range.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// What of an instance takes part in entering it.
/// Borrowed piece by piece, so that the functions to be called can be borrowed from the instance as well.
pub(super) struct Entrance<'a> {
    pub(super) store: &'a mut Store<InstanceState>,
    pub(super) prepared: &'a Prepared,
    pub(super) log: &'a Log,
    pub(super) broken: &'a mut bool,
}

impl Entrance<'_> {
    /// Enters the guest by `run`; `entry` is what errors call it, and `now` is when its deadline begins.
    pub(super) async fn enter<R>(
        self,
        entry: &str,
        now: Instant,
        run: impl AsyncFnOnce(&mut Store<InstanceState>) -> wasmtime::Result<R>,
    ) -> Result<R, Box<Error>> {
        let limits = &self.prepared.release.limits;
        let deadline = now + limits.deadline.0.min(LONGEST);
        self.log.renew();
        self.store.data_mut().begin_entry(now, deadline);
        self.store.set_epoch_deadline(1);
        if limits.fuel > 0 {
            let set = self.store.set_fuel(limits.fuel);
            set.map_err(|error| Error::Engine {
                reason: error.to_string(),
            })?;
        }
        *self.broken = true;
        let seat = self.store.data().seat.clone();
        let ended = until(deadline, &seat, run(self.store)).await;
        seat.leave();
        self.log.settle();
        note_fuel(self.prepared, self.store);
        let error = match ended {
            Some(Ok(value)) => {
                *self.broken = false;
                return Ok(value);
            }
            Some(Err(error)) => {
                self.prepared.dump(&error, self.store);
                let state = self.store.data_mut();
                let refused = (state.limiter.take_refused(), state.host_calls());
                let lines = self.prepared.lines.as_deref();
                fault::classify(&error, entry, &self.prepared.release, refused, lines)
            }
            None => fault::deadline(entry, limits),
        };
        // What was refused was counted then.
        match &error {
            Error::Deadline { .. } => self.prepared.account.reach(Limit::Deadline),
            Error::Fuel { .. } => self.prepared.account.reach(Limit::Fuel),
            Error::Limit { limit, .. } if *limit != Limit::Tables => self.prepared.account.reach(*limit),
            _ => {}
        }
        self.store.data().gate().discarded(error.code().as_str());
        self.prepared.events.emit(Event::InstanceDiscarded {
            component: self.prepared.release.name.clone(),
            code: error.code().as_str().into(),
        });
        Err(error.into())
    }
}

/// Notes how much fuel the entry has used, where that is metered.
fn note_fuel(prepared: &Prepared, store: &mut Store<InstanceState>) {
    let all = prepared.release.limits.fuel;
    if all > 0
        && let Ok(left) = store.get_fuel()
    {
        let used = all.saturating_sub(left);
        prepared.account.note_fuel(used);
        store.data_mut().fuel = Some(used);
    }
}
