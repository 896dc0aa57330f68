//! One deployment of a component at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::component::ComponentName;
use crate::error::Error;

/// The components that are being deployed or removed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns(Arc<Table>);

#[derive(Debug, Default)]
struct Table {
    state: Mutex<State>,
    ended: Notify,
    /// Told when turns have to be given up.
    aborted: Notify,
}

#[derive(Debug, Default)]
struct State {
    taken: HashMap<ComponentName, Taken>,
    closed: bool,
}

/// What is known of a turn that is taken.
#[derive(Debug)]
struct Taken {
    /// Why it has to be given up, if it has to.
    aborted: Option<&'static str>,
    /// Whether it is over in a moment and brings no release into service, so that nobody gives it up.
    is_brief: bool,
}

/// Held while a component is deployed or removed.
/// It goes along with what must not be interleaved, also when the caller has gone away.
#[derive(Debug)]
pub(crate) struct Turn {
    table: Arc<Table>,
    name: ComponentName,
}

impl Turns {
    /// Takes the component's turn; two deployments of one component never interleave.
    pub(super) fn take(&self, name: &ComponentName) -> Result<Arc<Turn>, Error> {
        self.taken(name, false)
    }

    /// [`take`](Self::take) for what brings no release into service: an operator's rollback waits for it, and does not give
    /// it up.
    pub(super) fn take_briefly(&self, name: &ComponentName) -> Result<Arc<Turn>, Error> {
        self.taken(name, true)
    }

    fn taken(&self, name: &ComponentName, is_brief: bool) -> Result<Arc<Turn>, Error> {
        let mut state = self.0.state();
        if state.closed {
            return Err(Error::Closed);
        }
        if state.taken.contains_key(name) {
            return Err(Error::Conflict { name: name.clone() });
        }
        let taken = Taken {
            aborted: None,
            is_brief,
        };
        state.taken.insert(name.clone(), taken);
        Ok(Arc::new(Turn {
            table: self.0.clone(),
            name: name.clone(),
        }))
    }

    /// Has the component's turn given up, and waits for its end; false when nobody has it, or has it briefly.
    pub(super) async fn abort(&self, name: &ComponentName, reason: &'static str) -> bool {
        let mut was_taken = false;
        loop {
            let ended = self.0.ended.notified();
            {
                let mut state = self.0.state();
                let Some(taken) = state.taken.get_mut(name) else {
                    return was_taken;
                };
                if !taken.is_brief {
                    taken.aborted.get_or_insert(reason);
                    was_taken = true;
                }
            }
            self.0.aborted.notify_waiters();
            ended.await;
        }
    }

    /// Gives no more turns, has those that are taken given up, and waits for their end.
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
            self.0.aborted.notify_waiters();
            ended.await;
        }
    }
}

impl Turn {
    /// Refuses to go on when the host shuts down, or the turn was given up.
    pub(super) fn check(&self) -> Result<(), Error> {
        let state = self.table.state();
        match state.taken.get(&self.name) {
            _ if state.closed => Err(Error::Closed),
            Some(Taken {
                aborted: Some(reason), ..
            }) => Err(Error::Aborted {
                reason: (*reason).into(),
            }),
            _ => Ok(()),
        }
    }

    /// Has the turn given up at the next opportunity.
    pub(super) fn abort(&self, reason: &'static str) {
        if let Some(taken) = self.table.state().taken.get_mut(&self.name) {
            taken.aborted.get_or_insert(reason);
        }
        self.table.aborted.notify_waiters();
    }

    /// Waits until the turn has to be given up, and says why.
    pub(super) async fn aborted(&self) -> Error {
        loop {
            let aborted = self.table.aborted.notified();
            if let Err(error) = self.check() {
                return error;
            }
            aborted.await;
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
    async fn a_turn_that_is_given_up_knows_why() {
        let turns = Turns::default();
        let name: ComponentName = "a".parse().unwrap();
        assert!(!turns.abort(&name, "nobody has it").await);
        let turn = turns.take(&name).unwrap();
        assert!(turn.check().is_ok());
        let (aborted, ()) = tokio::join!(turns.abort(&name, "the operator rolled back"), async {
            assert_eq!(
                turn.aborted().await.to_string(),
                "the deployment was given up: the operator rolled back"
            );
            drop(turn);
        });
        assert!(aborted);
        assert!(turns.take(&name).unwrap().check().is_ok());
    }

    #[tokio::test]
    async fn a_brief_turn_is_waited_for_and_not_given_up() {
        let turns = Turns::default();
        let name: ComponentName = "a".parse().unwrap();
        let turn = turns.take_briefly(&name).unwrap();
        let (aborted, ()) = tokio::join!(turns.abort(&name, "the operator rolled back"), async {
            tokio::task::yield_now().await;
            assert!(turn.check().is_ok());
            drop(turn);
        });
        assert!(!aborted);
    }

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
