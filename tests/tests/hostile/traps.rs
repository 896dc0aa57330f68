//! Every way in which a guest can break off, after each of which the next call is answered.

use crate::deed::{Deed, LIMITS, SHORT, check};
use crate::guests::{Guest, LISTS};

/// From a number to a text.
const TEXT: &str = r#"(param "n" u32) (result string) (canon lift (core func $i "go") (memory $memory))"#;

/// One function that never comes to its end.
macro_rules! go {
    ($($body:literal)+) => {
        concat!(r#"(func (export "go") (param $n i32) (result i32) "#, $($body,)+ ")")
    };
}

/// Traps of core instructions.
const CORE: &[Guest] = &[
    Guest::new("the end of the world", go!("unreachable"), "trap"),
    Guest::new("a division by zero", go!("(i32.div_u (i32.const 1) (i32.const 0))"), "trap"),
    Guest::new("a division that overflows", go!("(i32.div_s (i32.const 0x80000000) (i32.const -1))"), "trap"),
    Guest::new("a remainder by zero", go!("(i32.rem_s (i32.const 1) (i32.const 0))"), "trap"),
    Guest::new("a number that is none, as an integer", go!("(i32.trunc_f32_s (f32.const nan))"), "trap"),
    Guest::new("a number too large for an integer", go!("(i32.trunc_f64_u (f64.const 1e300))"), "trap"),
    Guest::new("a load behind the memory", go!("(i32.load (i32.const -1))"), "trap"),
    Guest::new("a load at the far end of an offset", go!("(i32.load offset=4294967295 (i32.const -1))"), "trap"),
    Guest::new("a store across the end of the memory", go!("(i64.store (i32.const 196604) (i64.const 1)) (i32.const 0)"), "trap"),
    Guest::new("a fill behind the memory", go!("(memory.fill (i32.const 1) (i32.const 0) (i32.const -1)) (i32.const 0)"), "trap"),
    Guest::new("a copy from behind the memory", go!("(memory.copy (i32.const 0) (i32.const -9) (i32.const 64)) (i32.const 0)"), "trap"),
    Guest::new(
        "data that was dropped",
        concat!(r#"(data $d "abc")"#, go!("(data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3)) (i32.const 0)")),
        "trap",
    ),
    Guest::new("an element behind a table", concat!("(table $t 1 funcref)", go!("(drop (table.get $t (i32.const 9))) (i32.const 0)")), "trap"),
    Guest::new("a call of nothing", concat!("(table $t 1 funcref)", go!("(call_indirect $t (result i32) (i32.const 0))")), "trap"),
    Guest::new("a call from behind a table", concat!("(table $t 1 funcref)", go!("(call_indirect $t (result i32) (i32.const -1))")), "trap"),
    Guest::new(
        "a call by another type",
        concat!("(func $f) (table $t funcref (elem $f))", go!("(call_indirect $t (result i32) (i32.const 0))")),
        "trap",
    ),
    Guest::new("recursion without end", concat!("(func $f (result i32) (i32.add (call $f) (i32.const 1)))", go!("(call $f)")), "trap"),
    Guest::new(
        "recursion of two functions, by a table",
        concat!(
            "(type $f (func (param i32) (result i32))) (table $t funcref (elem $a $b))
            (func $a (param i32) (result i32) (i32.add (i32.const 1) (call_indirect $t (type $f) (local.get 0) (i32.const 1))))
            (func $b (param i32) (result i32) (i32.add (i32.const 1) (call_indirect $t (type $f) (local.get 0) (i32.const 0))))",
            go!("(call $a (local.get $n))")
        ),
        "trap",
    ),
    Guest::new(
        "recursion with 1,000 values on the stack of each call",
        concat!(
            "(func $f (result i32) (local i64 i64 i64 i64 i64 i64 i64 i64)
                (local.set 0 (i64.extend_i32_s (call $f))) (local.set 1 (i64.extend_i32_s (call $f)))
                (i32.wrap_i64 (i64.add (local.get 0) (local.get 1))))",
            go!("(call $f)")
        ),
        "trap",
    ),
];

/// What breaks the rules between a guest and its host.
const CONTRACT: &[Guest] = &[
    Guest::new("a result behind the memory", go!("(i32.const -8)"), "trap").lifted(TEXT),
    Guest::new("a result that lies askew", go!("(i32.const 65)"), "trap").lifted(TEXT),
    Guest::new("a result across the end of the memory", go!("(i32.const 196604)"), "trap").lifted(TEXT),
    Guest::new(
        "a text that is none",
        go!("(i32.store (i32.const 64) (i32.const 128)) (i32.store (i32.const 68) (i32.const 4)) (i32.store (i32.const 128) (i32.const -1)) (i32.const 64)"),
        "trap",
    )
    .lifted(TEXT),
    Guest::new(
        "a text longer than the memory",
        go!("(i32.store (i32.const 64) (i32.const 128)) (i32.store (i32.const 68) (i32.const -1)) (i32.const 64)"),
        "trap",
    )
    .lifted(TEXT),
    Guest::new(
        "lists as many as 32 bits can say",
        go!("(i32.store (i32.const 64) (i32.const 128)) (i32.store (i32.const 68) (i32.const -1)) (i32.const 64)"),
        "trap",
    )
    .lifted(LISTS),
    Guest::new("a handle that it never had", go!("(call $drop-pollable (i32.const 77)) (i32.const 0)"), "trap"),
    Guest::new("the last handle that there could be", go!("(call $drop-pollable (i32.const -1)) (i32.const 0)"), "trap"),
    Guest::new(
        "a handle dropped twice",
        concat!(
            "(global $g (mut i32) (i32.const 0))",
            go!("(global.set $g (call $subscribe-duration (i64.const 1))) (call $drop-pollable (global.get $g)) (call $drop-pollable (global.get $g)) (i32.const 0)")
        ),
        "trap",
    ),
    Guest::new("a stream taken for a pollable", go!("(call $block (call $get-stdout)) (i32.const 0)"), "trap"),
    Guest::new("a pollable taken for a stream", go!("(call $drop-output (call $subscribe-duration (i64.const 1))) (i32.const 0)"), "trap"),
    Guest::new("headers taken for a stream", go!("(call $write (call $fields) (i32.const 0) (i32.const 1) (i32.const 64)) (i32.const 0)"), "trap"),
    Guest::new("waiting for nothing at all", go!("(call $poll (i32.const 64) (i32.const 0) (i32.const 64)) (i32.const 0)"), "trap"),
    Guest::new("waiting for a list behind the memory", go!("(call $poll (i32.const 64) (i32.const -1) (i32.const 64)) (i32.const 0)"), "trap"),
    Guest::new("bytes from behind the memory", go!("(call $write (call $get-stdout) (i32.const -64) (i32.const 4096) (i32.const 64)) (i32.const 0)"), "trap"),
    Guest::new("a log line from behind the memory", go!("(call $log (i32.const 2) (i32.const -1) (i32.const 9) (i32.const 0) (i32.const 9)) (i32.const 0)"), "trap"),
    Guest::new("a level of logs that there is not", go!("(call $log (i32.const 99) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)) (i32.const 0)"), "trap"),
    Guest::new("an answer of the host behind the memory", go!("(call $random (i64.const 8) (i32.const -4)) (i32.const 0)"), "trap"),
    Guest::new("the end of the program, well", go!("(call $exit (i32.const 0)) (i32.const 0)"), "trap|guest-exit"),
    Guest::new("the end of the program, badly", go!("(call $exit (i32.const 1)) (i32.const 0)"), "trap|guest-exit"),
    Guest::new("the end of the program, as there is none", go!("(call $exit (i32.const 77)) (i32.const 0)"), "trap"),
    Guest::new(
        "output that is no text, in lines that end within a letter",
        concat!(
            "(global $out (mut i32) (i32.const 0))",
            go!(
                "(global.set $out (call $get-stdout))
                (loop $fill
                    (i32.store offset=4096 (i32.mul (local.get $n) (i32.const 4)) (i32.const 0xa99f98f0))
                    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                    (br_if $fill (local.get $n)))
                (call $write (global.get $out) (i32.const 4099) (i32.const 4095) (i32.const 64))
                (call $write (global.get $out) (i32.const 4097) (i32.const 4096) (i32.const 64))
                (call $write (global.get $out) (i32.const 4098) (i32.const 4096) (i32.const 64))
                (call $log (i32.const 2) (i32.const 4096) (i32.const 4000) (i32.const 4096) (i32.const 4000))
                (i32.const 0)"
            )
        ),
        "ok",
    )
    .times(1_200, 1_200),
];

/// What waits for a time that does not come.
const WAITING: &[Guest] = &[
    Guest::new(
        "waiting as long as 64 bits can say",
        go!("(call $block (call $subscribe-duration (i64.const -1))) (i32.const 0)"),
        "deadline-exceeded",
    ),
    Guest::new(
        "waiting until the end of time",
        go!("(call $block (call $subscribe-instant (i64.const -1))) (i32.const 0)"),
        "deadline-exceeded",
    ),
    Guest::new(
        "waiting for 292 years",
        go!("(call $block (call $subscribe-duration (i64.const 0x7fffffffffffffff))) (i32.const 0)"),
        "deadline-exceeded",
    ),
    Guest::new(
        "waiting for no time, without end",
        go!("(loop $again (call $block (call $subscribe-duration (i64.const 0))) (br $again)) (i32.const 0)"),
        "limit-exceeded|deadline-exceeded",
    ),
];

/// A component that takes a text, whose allocator is this.
fn allocating(what: &str, realloc: &str, expected: &'static str) -> Deed {
    Deed {
        what: format!("an allocator that {what}"),
        text: format!(
            r#"(component
                (core module $m
                    (memory (export "memory") 1)
                    (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32) {realloc})
                    (func (export "fine") (result i32) (i32.const 7))
                    (func (export "go") (param i32 i32) (result i32) (i32.const 0)))
                (core instance $i (instantiate $m))
                (alias core export $i "memory" (core memory $memory))
                (alias core export $i "realloc" (core func $realloc))
                (func (export "fine") (result u32) (canon lift (core func $i "fine")))
                (func (export "go") (param "list" (list u64)) (result u32)
                    (canon lift (core func $i "go") (memory $memory) (realloc $realloc))))"#
        ),
        manifest: LIMITS,
        call: "go([1, 2, 3])".into(),
        expected,
    }
}

#[test]
fn after_every_kind_of_trap_the_next_call_is_answered() {
    let deeds: Vec<Deed> = CORE.iter().chain(CONTRACT).map(Deed::of).collect();
    check(&deeds);
}

#[test]
fn waiting_ends_at_the_deadline_whatever_the_numbers_are() {
    let short = |guest| Deed {
        manifest: SHORT,
        ..Deed::of(guest)
    };
    let deeds: Vec<Deed> = WAITING.iter().map(short).collect();
    check(&deeds);
}

#[test]
fn an_allocator_that_lies_is_a_trap() {
    check(&[
        allocating("points behind the memory", "(i32.const -64)", "trap"),
        allocating("points across the end of the memory", "(i32.const 65528)", "trap"),
        allocating("points askew", "(i32.const 4)", "trap"),
        allocating("points at nothing", "(i32.const 0)", "ok"),
        allocating("breaks off", "unreachable", "trap"),
        allocating(
            "calls itself",
            "(call $realloc (local.get 0) (local.get 1) (local.get 2) (i32.add (i32.const 1) (local.get 3)))",
            "trap",
        ),
        allocating(
            "takes all memory first",
            "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (i32.const 64)",
            "ok",
        ),
    ]);
}
