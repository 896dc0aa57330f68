//! Any bytes for the target `audit-log`.
#![no_main]

airssys_wasm_fuzz::fuzz!("audit-log");
