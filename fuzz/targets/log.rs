//! Any bytes for the target `log`.
#![no_main]

airssys_wasm_fuzz::fuzz!("log");
