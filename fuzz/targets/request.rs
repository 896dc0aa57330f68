//! Any bytes for the target `request`.
#![no_main]

airssys_wasm_fuzz::fuzz!("request");
