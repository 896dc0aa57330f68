//! Instructions and types of proposals that are switched off.

use crate::arena::check;
use crate::case::{Case, case, text};
use crate::wasm::{function, instantiated};

/// One module for each proposal; none may be accepted.
const MODULES: &[(&str, &str)] = &[
    ("gc: a struct", "(type (struct (field i32)))"),
    (
        "gc: an array",
        "(type $a (array i32)) (func (drop (array.new_default $a (i32.const 1))))",
    ),
    ("gc: a recursive group", "(rec (type (func)) (type (func)))"),
    ("gc: a small integer", "(func (drop (ref.i31 (i32.const 1))))"),
    (
        "function references",
        "(type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0)))",
    ),
    ("exceptions: a tag", "(tag)"),
    ("exceptions: a throw", "(tag $e) (func (throw $e))"),
    ("exceptions: a table of tries", "(func (try_table (catch_all 0)))"),
    ("threads: shared memory", "(memory 1 1 shared)"),
    (
        "threads: an atomic load",
        "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
    ),
    ("threads: a fence", "(func (atomic.fence))"),
    ("memory64: a memory", "(memory i64 1)"),
    ("memory64: a table", "(table i64 1 funcref)"),
    (
        "stack switching: a continuation",
        "(type $f (func)) (type $c (cont $f))",
    ),
    ("stack switching: a suspension", "(tag $t) (func (suspend $t))"),
    (
        "wide arithmetic",
        "(func (result i64 i64) (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)))",
    ),
    ("pages of one byte", "(memory 1 1 (pagesize 1))"),
    ("shared globals", "(global (shared i32) (i32.const 0))"),
];

/// Component-model features; none may be accepted.
const COMPONENTS: &[(&str, &str)] = &[
    ("values", "(component (import \"v\" (value u8)))"),
    ("error contexts", "(component (core func (canon error-context.drop)))"),
    (
        "threads of the component model",
        "(component (core type $f (func (param i32))) (core func (canon thread.spawn-ref $f)))",
    ),
    ("lists of fixed length", "(component (type (list u8 4)))"),
    ("maps", "(component (type (map string u8)))"),
];

fn cases() -> Vec<Case> {
    let modules = MODULES
        .iter()
        .map(|(what, module)| text(what, instantiated(module), "not-a-component"));
    let components = COMPONENTS
        .iter()
        .map(|(what, component)| text(what, *component, "not-a-component"));
    // The text format has no word for it any more.
    let legacy = case(
        "legacy exceptions",
        || function(&[0x06, 0x40, 0x19, 0x0b]),
        "not-a-component",
    );
    modules.chain(components).chain([legacy]).collect()
}

#[test]
fn proposals_that_are_switched_off_are_refused() {
    check(cases);
}
