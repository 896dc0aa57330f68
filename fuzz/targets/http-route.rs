//! Any bytes for the target `http-route`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| airssys_wasm_fuzz::run("http-route", bytes));
