//! Any bytes for the target `http-route`.
#![no_main]

airssys_wasm_fuzz::fuzz!("http-route");
