//! Any bytes for the target `deployed`.
#![no_main]

airssys_wasm_fuzz::fuzz!("deployed");
