//! Any bytes for the target `grant`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| airssys_wasm_fuzz::run("grant", bytes));
