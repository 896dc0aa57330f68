//! What all fuzzers share.

pub use airssys_wasm::fuzzing::{Target, target};
pub use libfuzzer_sys::fuzz_target;

/// A program that gives any bytes to the target of this name; a name that no target has does not compile.
#[macro_export]
macro_rules! fuzz {
    ($name:literal) => {
        const TARGET: $crate::Target = match $crate::target($name) {
            Some(target) => target,
            None => panic!("no target has this name"),
        };

        $crate::fuzz_target!(|bytes: &[u8]| TARGET(bytes));
    };
}
