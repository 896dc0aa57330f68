//! Any bytes for the target `cache-entry`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| airssys_wasm_fuzz::run("cache-entry", bytes));
