//! Any bytes for the target `policy`.
#![no_main]

airssys_wasm_fuzz::fuzz!("policy");
