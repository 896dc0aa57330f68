//! Any bytes for the target `manifest`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| airssys_wasm_fuzz::run("manifest", bytes));
