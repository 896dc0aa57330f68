//! One deployment of a component at a time.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::component::ComponentName;
use crate::error::Error;

/// The components that are being deployed or removed.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashSet<ComponentName>>);

/// Held while a component is deployed or removed.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    name: ComponentName,
}

impl Turns {
    /// Takes the component's turn; two deployments of one component never interleave.
    pub(super) fn take(&self, name: &ComponentName) -> Result<Turn<'_>, Error> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !taken.insert(name.clone()) {
            return Err(Error::Conflict { name: name.clone() });
        }
        Ok(Turn {
            turns: self,
            name: name.clone(),
        })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_ends_when_it_is_dropped() {
        let turns = Turns::default();
        let name: ComponentName = "a".parse().unwrap();
        let turn = turns.take(&name).unwrap();
        assert!(turns.take(&name).is_err());
        assert!(turns.take(&"b".parse().unwrap()).is_ok());
        drop(turn);
        assert!(turns.take(&name).is_ok());
    }
}
