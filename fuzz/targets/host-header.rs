//! Any bytes for the target `host-header`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| airssys_wasm_fuzz::run("host-header", bytes));
