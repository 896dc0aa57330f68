//! Any bytes for the target `component`.
#![no_main]

airssys_wasm_fuzz::fuzz!("component");
