//! Any bytes for the target `test-case`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| airssys_wasm_fuzz::run("test-case", bytes));
