//! Any bytes for the target `name`.
#![no_main]

airssys_wasm_fuzz::fuzz!("name");
