//! Any bytes for the target `cache-entry`.
#![no_main]

airssys_wasm_fuzz::fuzz!("cache-entry");
