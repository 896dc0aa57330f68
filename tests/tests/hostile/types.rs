//! Component types that are deep, or stand for much more than their bytes.

use std::fmt::Write as _;

use crate::arena::check;
use crate::case::{Case, case, text};
use crate::wasm::{component, leb, section};

fn cases() -> Vec<Case> {
    let refused = "too-complex";
    vec![
        case("200,000 levels of instance types", || levels(0x42, 200_000), refused),
        case("200,000 levels of component types", || levels(0x41, 200_000), refused),
        case("17 levels of instance types", || levels(0x42, 17), refused),
        case("15 levels of instance types", || levels(0x42, 15), "ok"),
        case(
            "levels of types in a list that says it has 4,294,967,295",
            || {
                component(&[section(
                    7,
                    &[&leb(u64::from(u32::MAX))[..], &[0x42, 1, 1].repeat(1_000)].concat(),
                )])
            },
            refused,
        ),
        text("101 options of options", chain("option", 110), "not-a-component"),
        text("90 options of options", chain("option", 90), "ok"),
        text(
            "a tuple that doubles 60 times",
            doubling("tuple", 60),
            "not-a-component",
        ),
        text("a tuple that doubles 17 times", doubling("tuple", 17), "ok"),
        text(
            "a result that doubles 60 times",
            doubling_results(60),
            "not-a-component",
        ),
        text(
            "an instance type that doubles 40 times",
            doubling_instances(40),
            "not-a-component",
        ),
        text("a function of a tuple that doubled 17 times", lifted(17, 1), "ok"),
        text(
            "200 functions of a tuple that doubled 15 times",
            lifted(15, 200),
            "not-a-component",
        ),
        text("200 functions of a tuple that doubled 10 times", lifted(10, 200), "ok"),
        text("an adapter for a tuple that doubled 14 times", adapted(14, 1), "ok"),
        text("100 adapters for a tuple that doubled 10 times", adapted(10, 100), "ok"),
        text("a record of 20,000 fields", record(20_000), "not-a-component"),
        text("a record of 10,000 fields", record(10_000), "ok"),
        text("an enum of 20,000 cases", enumeration(20_000), "not-a-component"),
        text("components that double 40 times", doubling_components(40), refused),
        text(
            "instances of exports that double 40 times",
            doubling_exports(40),
            refused,
        ),
        text("components captured twice by each other", captured(40), refused),
        text(
            "a component that is handed to a component",
            "(component (component $a) (component $b (import \"c\" (component $c)) (instance (instantiate $c))) \
             (instance (instantiate $b (with \"c\" (component $a)))))",
            "not-a-component",
        ),
    ]
}

/// A type inside a type inside a type.
fn levels(opening: u8, levels: usize) -> Vec<u8> {
    let mut contents = vec![1];
    contents.extend([opening, 1, 1].repeat(levels - 1));
    contents.extend([opening, 0]);
    component(&[section(7, &contents)])
}

fn chain(word: &str, length: usize) -> String {
    let mut text = "(component (type $t0 (list u8))".to_owned();
    for n in 1..=length {
        write!(text, "(type $t{n} ({word} $t{}))", n - 1).unwrap();
    }
    text + ")"
}

fn doubled(word: &str, times: usize) -> String {
    let mut text = format!("(type $t0 ({word} u8 u8))");
    for n in 1..=times {
        let last = n - 1;
        write!(text, "(type $t{n} ({word} $t{last} $t{last}))").unwrap();
    }
    text
}

fn doubling(word: &str, times: usize) -> String {
    format!("(component {})", doubled(word, times))
}

fn doubling_results(times: usize) -> String {
    let mut text = "(component (type $t0 (result u8 (error u8)))".to_owned();
    for n in 1..=times {
        let last = n - 1;
        write!(text, "(type $t{n} (result $t{last} (error $t{last})))").unwrap();
    }
    text + ")"
}

fn doubling_instances(times: usize) -> String {
    let mut text = "(component (type $t0 (instance))".to_owned();
    for n in 1..=times {
        let last = n - 1;
        write!(
            text,
            "(type $t{n} (instance (alias outer 1 $t{last} (type $t)) (export \"a\" (instance (type $t))) (export \"b\" (instance (type $t)))))"
        )
        .unwrap();
    }
    text + ")"
}

/// A core module with what functions on tuples need, an instance of it, and names for both.
const MEMORY: &str = "(core module $m (memory (export \"m\") 1)
    (func (export \"r\") (param i32 i32 i32 i32) (result i32) i32.const 0)
    (func (export \"f\") (param i32)))
    (core instance $i (instantiate $m))
    (alias core export $i \"m\" (core memory $mem))
    (alias core export $i \"r\" (core func $r))";

/// Functions that take a tuple of 2 to the power of `times` + 1 bytes.
fn lifted(times: usize, functions: usize) -> String {
    let mut text = format!("(component {} {MEMORY}", doubled("tuple", times));
    for n in 0..functions {
        write!(
            text,
            "(func (export \"f{n}\") (param \"x\" $t{times}) (canon lift (core func $i \"f\") (memory $mem) (realloc $r)))"
        )
        .unwrap();
    }
    text + ")"
}

/// One component that calls another, through adapters that the compiler makes.
fn adapted(times: usize, functions: usize) -> String {
    let tuple = doubled("tuple", times);
    let mut callee = format!("(component $a {tuple} {MEMORY}");
    let mut caller = format!("(component $b {tuple} {MEMORY}");
    let (mut given, mut imports, mut made) = (String::new(), String::new(), String::new());
    for n in 0..functions {
        write!(
            callee,
            "(func (export \"f{n}\") (param \"x\" $t{times}) (canon lift (core func $i \"f\") (memory $mem) (realloc $r)))"
        )
        .unwrap();
        write!(
            caller,
            "(import \"f{n}\" (func $f{n} (param \"x\" $t{times}))) (core func $c{n} (canon lower (func $f{n}) (memory $mem)))"
        )
        .unwrap();
        write!(given, "(with \"f{n}\" (func $a \"f{n}\"))").unwrap();
        write!(imports, "(import \"\" \"f{n}\" (func (param i32)))").unwrap();
        write!(made, "(export \"f{n}\" (func $c{n}))").unwrap();
    }
    write!(
        caller,
        "(core module $u {imports}) (core instance (instantiate $u (with \"\" (instance {made})))))"
    )
    .unwrap();
    format!("(component {callee}) {caller} (instance $a (instantiate $a)) (instance (instantiate $b {given})))")
}

fn record(fields: usize) -> String {
    let fields: String = (0..fields).map(|n| format!("(field \"f{n}\" u8)")).collect();
    format!("(component (type (record {fields})))")
}

fn enumeration(cases: usize) -> String {
    let cases: String = (0..cases).map(|n| format!(" \"c{n}\"")).collect();
    format!("(component (type (enum{cases})))")
}

fn doubling_components(times: usize) -> String {
    let mut text = "(component (component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    for n in 1..=times {
        let last = n - 1;
        write!(
            text,
            "(component $c{n} (alias outer 1 $c{last} (component $i)) (instance (instantiate $i)) (instance (instantiate $i)))"
        )
        .unwrap();
    }
    write!(text, "(instance (instantiate $c{times})))").unwrap();
    text
}

fn captured(times: usize) -> String {
    let mut text = "(component (component $c0)".to_owned();
    for n in 1..=times {
        let last = n - 1;
        write!(
            text,
            "(component $c{n} (alias outer 1 $c{last} (component $i)) (alias outer 1 $c{last} (component $j)))"
        )
        .unwrap();
    }
    write!(text, "(instance (instantiate $c{times})))").unwrap();
    text
}

fn doubling_exports(times: usize) -> String {
    let mut text = "(component (type $t u8) (instance $i0 (export \"t\" (type $t)))".to_owned();
    for n in 1..=times {
        let last = n - 1;
        write!(
            text,
            "(instance $i{n} (export \"a\" (instance $i{last})) (export \"b\" (instance $i{last})))"
        )
        .unwrap();
    }
    text + ")"
}

#[test]
fn types_that_grow_without_end_are_refused() {
    check(cases);
}
