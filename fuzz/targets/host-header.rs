//! Any bytes for the target `host-header`.
#![no_main]

airssys_wasm_fuzz::fuzz!("host-header");
