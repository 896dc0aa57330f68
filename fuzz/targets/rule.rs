//! Any bytes for the target `rule`.
#![no_main]

airssys_wasm_fuzz::fuzz!("rule");
