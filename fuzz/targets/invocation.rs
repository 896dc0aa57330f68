//! Any bytes for the target `invocation`.
#![no_main]

airssys_wasm_fuzz::fuzz!("invocation");
