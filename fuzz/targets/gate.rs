//! Any bytes for the target `gate`.
#![no_main]

airssys_wasm_fuzz::fuzz!("gate");
