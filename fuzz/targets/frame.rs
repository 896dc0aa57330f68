//! Any bytes for the target `frame`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| airssys_wasm_fuzz::run("frame", bytes));
