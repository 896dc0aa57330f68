//! Any bytes for the target `lines`.
#![no_main]

airssys_wasm_fuzz::fuzz!("lines");
