//! Any bytes for the target `state`.
#![no_main]

airssys_wasm_fuzz::fuzz!("state");
