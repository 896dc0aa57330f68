//! Runs a system call that the host has a name for.

use airssys_wasm_sdk::prelude::*;

mod bindings {
    #![allow(missing_docs)]

    wit_bindgen::generate!({
        path: ["../../../wit/deps/io", "../../../wit/component", "../../../wit/host"],
        inline: "
            package test:runs;
            world runs {
                import airssys:host/process@0.1.0;
            }
        ",
        world: "test:runs/runs",
        generate_all,
    });
}

use bindings::airssys::host::process::run;

/// Takes the name of a system call and its arguments, one in each line, and an empty line before the input.
#[component]
pub struct RunsCommands;

#[component_impl]
impl RunsCommands {
    /// Needs nothing.
    #[component_init]
    pub fn new(_: ComponentConfig) -> Result<Self, ComponentError> {
        Ok(Self)
    }

    /// Says what became of it.
    #[component_execute]
    pub fn process(&mut self, input: ComponentInput) -> ComponentResult {
        let text = String::from_utf8_lossy(input.body()).into_owned();
        let (call, input) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut words = call.lines().map(str::to_owned);
        let name = words.next().unwrap_or_default();
        let arguments: Vec<String> = words.collect();
        let said = match run(&name, &arguments, input.as_bytes()) {
            Ok(outcome) => format!(
                "{} {:?} {:?}",
                outcome.status,
                String::from_utf8_lossy(&outcome.output),
                String::from_utf8_lossy(&outcome.error_output)
            ),
            Err(error) => format!("{error:?}"),
        };
        Ok(ComponentOutput::new(said.into_bytes()))
    }
}
