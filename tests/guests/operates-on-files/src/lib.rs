//! Runs operations of `wasi:filesystem`, as its input says, and answers with what each gave.

mod script;

use std::collections::BTreeMap;

use wasip2::filesystem::types::{Descriptor, DirectoryEntryStream};
use wasip2::io::streams::{InputStream, OutputStream};

use airssys_wasm_sdk::prelude::*;

/// The guest; what it has opened stays open from call to call.
#[component]
#[derive(Default)]
pub struct Guest {
    inputs: BTreeMap<String, InputStream>,
    outputs: BTreeMap<String, OutputStream>,
    listings: BTreeMap<String, DirectoryEntryStream>,
    open: BTreeMap<String, Descriptor>,
}

#[component_impl]
impl Guest {
    /// One operation to a line: `open SLOT AT FLAGS PATH`, `read SLOT LENGTH OFFSET` and so on; `%00` is a byte.
    #[component_execute]
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        if self.open.is_empty() {
            let preopened = wasip2::filesystem::preopens::get_directories();
            self.open
                .extend(preopened.into_iter().map(|(directory, path)| (path, directory)));
        }
        let lines = input.text()?.lines().map(|line| match self.run(line) {
            Ok(answer) => answer,
            Err(code) => code,
        });
        Ok(ComponentOutput::text(lines.collect::<Vec<_>>().join("\n")))
    }
}
