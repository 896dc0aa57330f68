//! Any bytes for the target `grant`.
#![no_main]

airssys_wasm_fuzz::fuzz!("grant");
