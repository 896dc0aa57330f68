//! One deployment of a component at a time.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::component::ComponentName;
use crate::error::Error;

/// The components that are being deployed or removed.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Table>);

#[derive(Debug, Default)]
struct Table {
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    taken: HashSet<ComponentName>,
    closed: bool,
}

/// Held while a component is deployed or removed.
/// It goes along with what must not be interleaved, also when the caller has gone away.
#[derive(Debug)]
pub(super) struct Turn {
    table: Arc<Table>,
    name: ComponentName,
}

impl Turns {
    /// Takes the component's turn; two deployments of one component never interleave.
    pub(super) fn take(&self, name: &ComponentName) -> Result<Arc<Turn>, Error> {
        let mut state = self.0.state();
        if state.closed {
            return Err(Error::Closed);
        }
        if !state.taken.insert(name.clone()) {
            return Err(Error::Conflict { name: name.clone() });
        }
        Ok(Arc::new(Turn {
            table: self.0.clone(),
            name: name.clone(),
        }))
    }

    /// Gives no more turns, and waits for those that are taken.
    pub(super) async fn close(&self) {
        loop {
            let ended = self.0.ended.notified();
            {
                let mut state = self.0.state();
                state.closed = true;
                if state.taken.is_empty() {
                    return;
                }
            }
            ended.await;
        }
    }
}

impl Turn {
    /// Refuses to go on when the host has stopped waiting for this turn.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.table.state().closed {
            Err(Error::Closed)
        } else {
            Ok(())
        }
    }
}

impl Table {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.table.state().taken.remove(&self.name);
        self.table.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_turn_ends_when_it_is_dropped_and_closing_waits_for_it() {
        let turns = Turns::default();
        let name: ComponentName = "a".parse().unwrap();
        let turn = turns.take(&name).unwrap();
        assert_eq!(turns.take(&name).unwrap_err().code().as_str(), "deployment-conflict");
        drop(turns.take(&"b".parse().unwrap()).unwrap());
        drop(turn);
        let turn = turns.take(&name).unwrap();
        let closing = tokio::spawn({
            let turns = turns.clone();
            async move { turns.close().await }
        });
        while turn.check().is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!closing.is_finished());
        drop(turn);
        closing.await.unwrap();
        assert_eq!(turns.take(&name).unwrap_err().code().as_str(), "closed");
    }
}
