//! Too much of something that is allowed in small numbers.

use crate::arena::check;
use crate::case::{Case, case, text};
use crate::wasm::{
    COMPONENT, MODULE, NOTHING, around_module, component, counted, custom, function, functions, instantiated, leb,
    repeated, section,
};

const MIB: usize = 1 << 20;

fn cases() -> Vec<Case> {
    let refused = "too-complex";
    vec![
        case(
            "one byte over the largest size",
            || {
                let mut bytes = component(&[custom(b"a", &vec![0; 64 * MIB - 15])]);
                assert_eq!(bytes.len(), 64 * MIB);
                bytes.push(0);
                bytes
            },
            "too-large",
        ),
        case(
            "a custom section of 50 MiB",
            || component(&[custom(b"a", &vec![0; 50 * MIB])]),
            refused,
        ),
        case(
            "a custom section of 20 MiB",
            || component(&[custom(b"a", &vec![0; 20 * MIB])]),
            "ok",
        ),
        case(
            "50 MiB of debugging information",
            || around_module(&[custom(b".debug_info", &vec![0; 50 * MIB])]),
            refused,
        ),
        case(
            "1,000,000 custom sections",
            || [COMPONENT, &custom(b"a", b"").repeat(1_000_000)].concat(),
            refused,
        ),
        case(
            "lists of dependencies that are compressed a thousandfold",
            || component(&vec![custom(b".dep-v0", &[0x78; 64]); 40_000]),
            "ok",
        ),
        case(
            "1,000,000 core types",
            || around_module(&[repeated(1, 1_000_000, NOTHING)]),
            refused,
        ),
        case(
            "1,000,000 component types",
            || component(&[repeated(7, 1_000_000, &[0x7f])]),
            refused,
        ),
        case(
            "4,294,967,295 types",
            || around_module(&[section(1, &leb(u64::from(u32::MAX)))]),
            "not-a-component",
        ),
        case("1,000,000 functions", || functions(1_000_000, &[0, 0x0b]), refused),
        case(
            "50,000 locals in each function",
            || functions(100, &[1, 0xd0, 0x86, 3, 0x7f, 0x0b]),
            refused,
        ),
        case(
            "20,000 locals in each of 1,000 functions",
            || functions(1_000, &[1, 0xa0, 0x9c, 1, 0x7f, 0x0b]),
            refused,
        ),
        case(
            "4,294,967,295 locals",
            || functions(1, &[1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b]),
            refused,
        ),
        case(
            "1,000 parameters of each of 10,000 functions",
            || wide(10_000, 1),
            refused,
        ),
        case("1,000 parameters in each of 2,000 types", || wide(1, 2_000), refused),
        case(
            "100,000 data segments three times",
            || component(&vec![section(1, &[MODULE, &segments()].concat()); 3]),
            refused,
        ),
        case("1,000 modules", || component(&vec![section(1, MODULE); 1_000]), refused),
        case(
            "1,000 nested components",
            || component(&vec![section(4, COMPONENT); 1_000]),
            refused,
        ),
        case("1,000 levels of nested components", || nested(1_000), refused),
        case(
            "1,000,000 levels of nested components",
            || deep_header(1_000_000),
            "too-complex|not-a-component",
        ),
        text("100 memories", instantiated(&"(memory 0)".repeat(100)), refused),
        text(
            "9 memories",
            instantiated(&"(memory 0)".repeat(9)),
            "compile-failed|memory-exceeded|trap",
        ),
        text(
            "1,000 tables",
            instantiated(&"(table 0 funcref)".repeat(1_000)),
            refused,
        ),
        text(
            "100 tables",
            instantiated(&"(table 0 funcref)".repeat(100)),
            "compile-failed|trap",
        ),
        text(
            "a memory above the limit",
            instantiated("(memory 1024)"),
            "memory-exceeded",
        ),
        text(
            "a memory of 4 GiB",
            instantiated("(memory 65536)"),
            "compile-failed|memory-exceeded",
        ),
        text(
            "a memory above what 32 bits reach",
            instantiated("(memory 65537)"),
            "not-a-component",
        ),
        text(
            "a table above the limit",
            instantiated("(table 30000 funcref)"),
            "limit-exceeded",
        ),
        text(
            "a table of 4,294,967,295 elements",
            instantiated("(table 4294967295 funcref)"),
            "compile-failed|trap",
        ),
        text(
            "a name of 100 KB",
            format!("(component (core module (func (export \"{}\"))))", "a".repeat(99_000)),
            refused,
        ),
        text(
            "an import's name of 20 KB",
            format!("(component (import \"{}\" (func)))", "a".repeat(20_000)),
            refused,
        ),
        text(
            "a call with 1,000 results, 10,000 times",
            calls_with_many_results(),
            refused,
        ),
        text(
            "1,000 results over 10,000 branches",
            branches_with_many_results(),
            refused,
        ),
        text(
            "a table of branches with 1,000 results",
            branch_table_with_many_results(),
            refused,
        ),
        case(
            "10,000 locals set after 10,000 blocks",
            || locals_and_blocks(10_000, 10_000),
            refused,
        ),
        case(
            "400 locals set after 10,000 blocks",
            || locals_and_blocks(400, 10_000),
            "ok",
        ),
        case("a function of 5 MiB", || function(&[0x01].repeat(5 * MIB)), refused),
        case(
            "200,000 blocks in one function",
            || function(&[0x02, 0x40, 0x41, 0, 0x0d, 0, 0x0b].repeat(70_000)),
            refused,
        ),
        case(
            "1,000 nested loops",
            || function(&[[0x03, 0x40].repeat(1_000), [0x0b].repeat(1_000)].concat()),
            "ok",
        ),
        case(
            "20,000 nested blocks",
            || function(&[[0x02, 0x40].repeat(20_000), [0x0b].repeat(20_000)].concat()),
            "ok",
        ),
        case(
            "128 KiB of additions",
            || function(&[&[0x41, 0][..], &[0x41, 1, 0x6a].repeat(43_000), &[0x1a]].concat()),
            "ok",
        ),
        text(
            "more core instances than the limit",
            many_core_instances(65),
            "too-complex",
        ),
        text("10,000 core instances", many_core_instances(10_000), refused),
    ]
}

/// A component around a module whose functions have 1,000 parameters.
fn wide(count: usize, types: usize) -> Vec<u8> {
    let ty = [&[0x60][..], &leb(1_000), &[0x7f; 1_000], &[0]].concat();
    around_module(&[
        repeated(1, types, &ty),
        repeated(3, count, &[0]),
        repeated(10, count, &counted(&[0, 0x0b])),
    ])
}

fn segments() -> Vec<u8> {
    repeated(11, 100_000, &[1, 0])
}

fn nested(levels: usize) -> Vec<u8> {
    (0..levels).fold(COMPONENT.to_vec(), |inner, _| component(&[section(4, &inner)]))
}

/// Headers inside headers, each with the same length, which no level has.
fn deep_header(levels: usize) -> Vec<u8> {
    [COMPONENT, &[&[4][..], &leb(1 << 27), COMPONENT].concat().repeat(levels)].concat()
}

fn locals_and_blocks(locals: u32, blocks: usize) -> Vec<u8> {
    let mut code = [&[1][..], &leb(u64::from(locals)), &[0x7f]].concat();
    // A block that is left early or late, so that two ways lead to its end.
    code.extend([0x02, 0x40, 0x41, 0x00, 0x0d, 0x00, 0x0b].repeat(blocks));
    for local in 0..locals {
        code.extend([0x41, 0x00, 0x21]);
        code.extend(leb(u64::from(local)));
    }
    code.push(0x0b);
    functions(1, &code)
}

fn results(count: usize) -> String {
    format!("(result{})", " i32".repeat(count))
}

fn calls_with_many_results() -> String {
    let calls = "call $f ".repeat(10_000);
    instantiated(&format!(
        "(func $f {} unreachable) (func {calls} unreachable)",
        results(1_000)
    ))
}

fn branches_with_many_results() -> String {
    let branches = "br_if 0 ".repeat(10_000);
    instantiated(&format!("(func {} unreachable {branches} unreachable)", results(1_000)))
}

fn branch_table_with_many_results() -> String {
    let targets = " 0".repeat(100_000);
    instantiated(&format!("(func {} unreachable br_table{targets})", results(1_000)))
}

fn many_core_instances(count: usize) -> String {
    format!(
        "(component (core module $m) {})",
        "(core instance (instantiate $m))".repeat(count)
    )
}

#[test]
fn what_would_take_too_much_to_compile_is_refused_before() {
    check(cases);
}
