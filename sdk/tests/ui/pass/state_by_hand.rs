//! Marked functions save and restore, in a crate with strict lints.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications)]

use airssys_wasm_sdk::{ComponentConfig, ComponentError, ComponentInput, ComponentOutput, ComponentResult};
use airssys_wasm_sdk::{component, component_execute, component_impl, component_init};
use airssys_wasm_sdk::{component_restore, component_save};

/// The return type and the arguments may be aliases.
pub type Saved = Result<Vec<u8>, ComponentError>;
/// What was saved.
pub type Bytes<'a> = &'a [u8];

mod counter {
    use super::component;

    /// Counts, and saves by itself or by hand.
    #[component]
    pub(crate) struct Counter {
        #[cfg(any())]
        pub(crate) state: u64,
        pub(crate) count: u64,
    }
}

/// The block may stand in another module than the struct.
#[component_impl]
impl counter::Counter {
    #[component_init]
    pub(crate) fn new(_config: ComponentConfig) -> Result<Self, ComponentError> {
        Ok(Self { count: 0 })
    }

    #[component_execute]
    pub(crate) fn count(&mut self, _input: ComponentInput) -> ComponentResult {
        self.count += 1;
        Ok(ComponentOutput::text(self.count.to_string()))
    }

    #[cfg(all())]
    #[component_save]
    pub(crate) fn write(&self) -> Saved {
        Ok(self.count.to_string().into_bytes())
    }

    #[cfg(all())]
    #[component_restore]
    pub(crate) fn read(self: &mut Self, from: &'_ str, saved: Bytes<'_>) -> Result<(), ComponentError> {
        let _ = from;
        self.count = std::str::from_utf8(saved)?.parse().unwrap_or(0);
        Ok(())
    }
}

/// Functions that are compiled when the field is not, and the other way round.
#[component]
#[derive(Default)]
pub struct Either {
    #[cfg(all())]
    state: u64,
}

#[component_impl]
impl Either {
    /// Counts.
    #[component_execute]
    pub fn execute(&mut self, _input: ComponentInput) -> ComponentResult {
        self.state += 1;
        Ok(ComponentOutput::text(self.state.to_string()))
    }

    /// Saves nothing.
    #[cfg(not(all()))]
    #[component_save]
    pub fn save(&self) -> Result<Vec<u8>, ComponentError> {
        Ok(Vec::new())
    }

    /// Restores nothing.
    #[cfg(not(all()))]
    #[component_restore]
    pub fn restore(&mut self, _from: &str, _saved: &[u8]) -> Result<(), ComponentError> {
        Ok(())
    }
}

fn main() {}
