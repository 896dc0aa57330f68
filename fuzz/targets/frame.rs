//! Any bytes for the target `frame`.
#![no_main]

airssys_wasm_fuzz::fuzz!("frame");
