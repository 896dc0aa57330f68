//! Logs what it is given.

use airssys_wasm_sdk::prelude::*;

mod bindings {
    #![allow(missing_docs)]

    wit_bindgen::generate!({
        path: "../../../wit/deps/logging",
        world: "wasi:logging/imports",
    });
}

use bindings::wasi::logging::logging::{Level, log};

/// Logs a message at each level, and says something on both outputs.
#[component]
pub struct LogsLines;

#[component_impl]
impl LogsLines {
    /// Needs nothing.
    #[component_init]
    pub fn new(_: ComponentConfig) -> Result<Self, ComponentError> {
        Ok(Self)
    }

    /// Logs its input.
    #[component_execute]
    pub fn process(&mut self, input: ComponentInput) -> ComponentResult {
        let text = String::from_utf8_lossy(input.body()).into_owned();
        let levels = [
            Level::Trace,
            Level::Debug,
            Level::Info,
            Level::Warn,
            Level::Error,
            Level::Critical,
        ];
        for level in levels {
            log(level, "greeting", &text);
        }
        println!("out {text}");
        eprintln!("err {text}");
        Ok(ComponentOutput::new(Vec::new()))
    }
}
