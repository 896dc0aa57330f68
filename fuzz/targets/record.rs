//! Any bytes for the target `record`.
#![no_main]

airssys_wasm_fuzz::fuzz!("record");
