//! The guest that is measured: written in WebAssembly text, so that no toolchain is needed.

use std::fmt::Write as _;

use super::encode::component;
pub(crate) use super::encode::distinct;

const MODULE: &str = include_str!("guest.wat");
const WORLD: &str = include_str!("guest.wit");

/// Where a module takes more functions.
const MORE: &str = ";; More functions go here.";

/// Where it takes more imports, and what is between imports and functions that are added.
const IMPORTS: &str = ";; More imports go here.";
const FUNCTIONS: &str = ";; The functions.";

/// The small guest: a few functions.
pub(crate) fn small() -> Vec<u8> {
    component(MODULE, WORLD, "guest")
}

/// The guest with this many functions more, none of which is called.
pub(crate) fn with_functions(number: usize) -> Vec<u8> {
    let mut more = String::new();
    for n in 0..number {
        function(&mut more, n).expect("text is written to memory");
    }
    component(&MODULE.replace(MORE, &more), WORLD, "guest")
}

/// The guest with functions that do something with files.
pub(crate) fn with_files() -> Vec<u8> {
    with(include_str!("files.wat"), include_str!("files.wit"), "files")
}

/// The guest with a function that makes requests.
pub(crate) fn with_requests() -> Vec<u8> {
    with(include_str!("requests.wat"), include_str!("requests.wit"), "requests")
}

/// The guest with more imports and functions, as one more world has them.
fn with(parts: &str, world: &str, name: &str) -> Vec<u8> {
    let (imports, functions) = parts.split_once(FUNCTIONS).expect("imports come first");
    let module = MODULE.replace(IMPORTS, imports).replace(MORE, functions);
    component(&module, &format!("{WORLD}\n{world}"), name)
}

/// A function of about 160 bytes with loops, branches, calls and memory, different from every other.
fn function(text: &mut String, n: usize) -> std::fmt::Result {
    writeln!(
        text,
        "(func $more-{n} (param $p i32) (param $q i64) (result i64) (local $i i32) (local $sum i64)"
    )?;
    writeln!(text, "  (loop $again")?;
    for step in 0..6 {
        let (place, shift) = (1_048_640 + (n + step) % 997 * 8, 1 + (n + step) % 31);
        writeln!(text, "    (if (i32.and (local.get $p) (i32.const {}))", 1 << step)?;
        writeln!(
            text,
            "      (then (local.set $sum (i64.add (i64.load (i32.const {place}))"
        )?;
        writeln!(text, "        (i64.rotl (local.get $q) (i64.const {shift})))))")?;
        writeln!(
            text,
            "      (else (i64.store (i32.const {place}) (i64.xor (local.get $sum) (i64.const {n})))))"
        )?;
    }
    if n > 0 {
        writeln!(
            text,
            "    (local.set $q (call $more-{} (local.get $i) (local.get $sum)))",
            n / 2
        )?;
    }
    writeln!(text, "    (local.set $i (i32.add (local.get $i) (i32.const 1)))")?;
    writeln!(text, "    (br_if $again (i32.lt_u (local.get $i) (local.get $p))))")?;
    writeln!(text, "  (local.get $sum))")
}
