//! Any bytes for the target `manifest`.
#![no_main]

airssys_wasm_fuzz::fuzz!("manifest");
