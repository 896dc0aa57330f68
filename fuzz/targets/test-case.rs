//! Any bytes for the target `test-case`.
#![no_main]

airssys_wasm_fuzz::fuzz!("test-case");
