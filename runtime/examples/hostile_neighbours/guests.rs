//! Components that take or break what they can, in the text format: each is a line or two around one prelude.

/// One component that misbehaves when it is called.
pub(crate) struct Guest {
    /// What it does.
    pub(crate) what: &'static str,
    /// Functions of its core module; `go` takes a number.
    pub(crate) code: &'static str,
    /// How `go` is seen from outside.
    pub(crate) lift: &'static str,
    /// The number it is called with, and the one when there is time.
    pub(crate) numbers: (u32, u32),
    /// What comes of the call: `ok`, or the code of an error.
    pub(crate) expected: &'static str,
}

/// From a number to a number.
pub(crate) const NUMBER: &str = r#"(param "n" u32) (result u32) (canon lift (core func $i "go"))"#;
/// From a number to lists of bytes.
pub(crate) const LISTS: &str = r#"(param "n" u32) (result (list (list u8)))
    (canon lift (core func $i "go") (memory $memory))"#;

impl Guest {
    /// A component whose `go` is this.
    pub(crate) const fn new(what: &'static str, code: &'static str, expected: &'static str) -> Self {
        Self {
            what,
            code,
            lift: NUMBER,
            numbers: (1_000_000, 1_000_000),
            expected,
        }
    }

    /// The same, called with this number, or with the second when there is time.
    pub(crate) const fn times(mut self, bounded: u32, full: u32) -> Self {
        self.numbers = (bounded, full);
        self
    }

    /// The same, seen otherwise.
    pub(crate) const fn lifted(mut self, lift: &'static str) -> Self {
        self.lift = lift;
        self
    }

    /// The component in the text format. It has `go`, and `fine`, which answers with 7.
    pub(crate) fn text(&self) -> String {
        PRELUDE.replace("CODE", self.code).replace("LIFT", self.lift)
    }
}

/// Imports, memory with an allocator, and what every component exports.
const PRELUDE: &str = include_str!("prelude.wat");

/// A loop of as many rounds as `go` was told, around a round.
macro_rules! rounds {
    ($($round:literal)+) => {
        concat!(
            r#"(func (export "go") (param $n i32) (result i32) (local $at i32)
                (loop $again "#, $($round, "\n",)+
            r#" (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $at) (local.get $n))))
                (local.get $at))"#
        )
    };
}

/// What takes memory, handles, output or time of the host. Each runs under a limit of 16 MiB.
pub(crate) const WASTEFUL: &[Guest] = &[
    Guest::new(
        "memory to the limit, every page of it used, and one page more",
        r#"(func (export "go") (param $n i32) (result i32) (local $at i32)
            (loop $again
                (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
            (local.set $at (i32.mul (memory.size) (i32.const 65536)))
            (loop $touch
                (local.set $at (i32.sub (local.get $at) (i32.const 4096)))
                (i32.store (local.get $at) (i32.const 1))
                (br_if $touch (local.get $at)))
            (memory.size))"#,
        "ok",
    ),
    Guest::new(
        "memory beyond the limit, and a trap for want of it",
        r#"(func (export "go") (param $n i32) (result i32)
            (loop $again
                (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
            unreachable)"#,
        "memory-exceeded",
    ),
    Guest::new(
        "all memory that 32 bits can name, at once",
        r#"(func (export "go") (param $n i32) (result i32) (memory.grow (i32.const 65533)))"#,
        "ok",
    ),
    Guest::new(
        "a table to its limit and on",
        r#"(table $t 1 funcref)
        (func (export "go") (param $n i32) (result i32)
            (loop $again
                (br_if $again (i32.ne (table.grow $t (ref.null func) (i32.const 100)) (i32.const -1))))
            (drop (table.grow $t (ref.null func) (i32.const -1)))
            (table.size $t))"#,
        "ok",
    ),
    Guest::new(
        "a million pollables that are kept",
        rounds!("(drop (call $subscribe-duration (i64.const -1)))"),
        "limit-exceeded",
    ),
    Guest::new(
        "a million pollables, one after the other",
        rounds!("(call $drop-pollable (call $subscribe-duration (i64.const -1)))"),
        "ok",
    )
    .times(100_000, 1_000_000),
    Guest::new("a million streams for output that are kept", rounds!("(drop (call $get-stdout))"), "limit-exceeded"),
    Guest::new("a million streams for input that are kept", rounds!("(drop (call $get-stdin))"), "limit-exceeded"),
    Guest::new("a million sets of headers that are kept", rounds!("(drop (call $fields))"), "limit-exceeded"),
    Guest::new(
        "headers without end in one set",
        concat!(
            "(global $set (mut i32) (i32.const 0))",
            r#"(func (export "go") (param $n i32) (result i32)
                (global.set $set (call $fields))
                (i32.store8 (i32.const 1024) (i32.const 97))
                (loop $again
                    (call $append (global.get $set) (i32.const 1024) (i32.const 1) (i32.const 1024) (i32.const 1000) (i32.const 64))
                    (br_if $again (i32.eqz (i32.load8_u (i32.const 64)))))
                (i32.const 1))"#
        ),
        "ok|trap",
    ),
    Guest::new(
        "a header of 1 MiB",
        r#"(func (export "go") (param $n i32) (result i32)
            (drop (memory.grow (i32.const 17)))
            (i32.store8 (i32.const 1024) (i32.const 97))
            (call $append (call $fields) (i32.const 1024) (i32.const 1) (i32.const 1024) (i32.const 1048576) (i32.const 64))
            (i32.const 1))"#,
        "ok|trap",
    ),
    Guest::new(
        "as many random bytes as 64 bits can say",
        r#"(func (export "go") (param $n i32) (result i32)
            (call $random (i64.const -1) (i32.const 64)) (i32.const 1))"#,
        "trap",
    ),
    Guest::new(
        "as many bytes of the cheap kind of chance",
        r#"(func (export "go") (param $n i32) (result i32)
            (call $insecure-random (i64.const -1) (i32.const 64)) (i32.const 1))"#,
        "trap",
    ),
    Guest::new(
        "a MiB of random bytes, again and again",
        rounds!("(call $random (i64.const 1048576) (i32.const 64))" "(call $reset)"),
        "ok",
    )
    .times(100, 10_000),
    Guest::new(
        "a list of 256 MiB that it does not have",
        r#"(func (export "go") (param $n i32) (result i32)
            (i32.store (i32.const 64) (i32.const 72)) (i32.store (i32.const 68) (i32.const 1))
            (i32.store (i32.const 72) (i32.const 0)) (i32.store (i32.const 76) (i32.const 0x10000000))
            (i32.const 64))"#,
        "trap",
    )
    .lifted(LISTS),
    Guest::new(
        "100,000 lists of the same 64 KiB, which are 6 GiB on the other side",
        r#"(func (export "go") (param $n i32) (result i32) (local $at i32)
            (drop (memory.grow (i32.const 14)))
            (loop $again
                (i32.store offset=65540 (i32.mul (local.get $at) (i32.const 8)) (i32.const 65536))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $at) (local.get $n))))
            (i32.store (i32.const 64) (i32.const 65536)) (i32.store (i32.const 68) (local.get $n))
            (i32.const 64))"#,
        "trap",
    )
    .lifted(LISTS)
    .times(100_000, 100_000),
    Guest::new(
        "a million empty lists",
        r#"(func (export "go") (param $n i32) (result i32)
            (drop (memory.grow (i32.const 130)))
            (i32.store (i32.const 64) (i32.const 65536)) (i32.store (i32.const 68) (local.get $n))
            (i32.const 64))"#,
        "trap",
    )
    .lifted(LISTS),
    Guest::new(
        "lines without end on standard output",
        concat!(
            r#"(func $fill (memory.fill (i32.const 4096) (i32.const 10) (i32.const 4096)))"#,
            rounds!(
                "(call $fill)"
                "(call $write (call $get-stdout) (i32.const 4096) (i32.const 4096) (i32.const 64))"
                "(br_if $again (i32.load8_u (i32.const 64)))"
            )
        ),
        "limit-exceeded",
    )
    .times(5_000, 5_000),
    Guest::new(
        "one line without end on standard error",
        concat!(
            "(global $out (mut i32) (i32.const -1))",
            r#"(func $open (if (i32.eq (global.get $out) (i32.const -1)) (then (global.set $out (call $get-stderr)))))"#,
            rounds!(
                "(call $open)"
                "(memory.fill (i32.const 4096) (i32.const 120) (i32.const 4096))"
                "(call $write (global.get $out) (i32.const 4096) (i32.const 4096) (i32.const 64))"
            )
        ),
        "ok",
    )
    // 100 MiB, and 4 GiB.
    .times(25_600, 1_048_576),
    Guest::new(
        "ten million lines on standard output",
        concat!(
            "(global $out (mut i32) (i32.const -1))",
            r#"(func $open (if (i32.eq (global.get $out) (i32.const -1)) (then (global.set $out (call $get-stdout)))))"#,
            rounds!(
                "(call $open)"
                "(memory.fill (i32.const 4096) (i32.const 10) (i32.const 4096))"
                "(call $write (global.get $out) (i32.const 4096) (i32.const 4096) (i32.const 64))"
            )
        ),
        "ok",
    )
    .times(250, 2_442),
    Guest::new(
        "zeros without end on standard output",
        r#"(func (export "go") (param $n i32) (result i32)
            (call $write-zeros (call $get-stdout) (i64.const -1) (i32.const 64))
            (i32.const 1))"#,
        "ok|trap",
    ),
    Guest::new(
        "more input than 64 bits can say, of which there is none",
        r#"(func (export "go") (param $n i32) (result i32)
            (call $read (call $get-stdin) (i64.const -1) (i32.const 64))
            (i32.const 1))"#,
        "ok|trap",
    ),
    Guest::new(
        "log lines of a MiB, again and again",
        concat!(
            "(global $grown (mut i32) (i32.const 0))",
            rounds!(
                "(if (i32.eqz (global.get $grown))
                    (then (drop (memory.grow (i32.const 17))) (global.set $grown (i32.const 1))))"
                "(memory.fill (i32.const 4096) (i32.const 120) (i32.const 1048576))"
                "(call $log (i32.const 2) (i32.const 4096) (i32.const 4096) (i32.const 4096) (i32.const 1048576))"
            )
        ),
        "ok",
    )
    .times(100, 10_000),
];

/// What ten neighbours do, again and again.
pub(crate) const NEIGHBOURS: &[Guest] = &[
    Guest::new(
        "computes without end",
        r#"(func (export "go") (param $n i32) (result i32) (loop $again (br $again)) (i32.const 0))"#,
        "deadline-exceeded",
    ),
    Guest::new(
        "waits without end",
        r#"(func (export "go") (param $n i32) (result i32)
            (call $block (call $subscribe-duration (i64.const -1))) (i32.const 0))"#,
        "deadline-exceeded",
    ),
    Guest::new(
        "recurses without end",
        r#"(func $f (result i32) (i32.add (call $f) (i32.const 1)))
        (func (export "go") (param $n i32) (result i32) (call $f))"#,
        "trap",
    ),
    Guest::new(
        "takes all its memory and wants more",
        r#"(func (export "go") (param $n i32) (result i32) (local $at i32)
            (loop $again
                (local.set $at (memory.grow (i32.const 16)))
                (if (i32.eq (local.get $at) (i32.const -1)) (then (unreachable)))
                (memory.fill (i32.mul (local.get $at) (i32.const 65536)) (i32.const 1) (i32.const 1048576))
                (br $again))
            (i32.const 0))"#,
        "memory-exceeded",
    ),
    Guest::new(
        "keeps every pollable",
        rounds!("(drop (call $subscribe-duration (i64.const -1)))"),
        "limit-exceeded",
    ),
    Guest::new(
        "wakes up without end",
        rounds!(
            "(call $block (call $subscribe-duration (i64.const 1000)))"
            "(br $again)"
        ),
        "trap|limit-exceeded",
    ),
    Guest::new(
        "writes without end",
        concat!(
            "(global $out (mut i32) (i32.const -1))",
            r#"(func $open (if (i32.eq (global.get $out) (i32.const -1)) (then (global.set $out (call $get-stdout)))))"#,
            rounds!(
                "(call $open)"
                "(memory.fill (i32.const 4096) (i32.const 10) (i32.const 4096))"
                "(call $write (global.get $out) (i32.const 4096) (i32.const 4096) (i32.const 64))"
            )
        ),
        "ok|deadline-exceeded",
    ),
    Guest::new(
        "asks for chance without end",
        rounds!("(call $random (i64.const 1048576) (i32.const 64))" "(call $reset)"),
        "deadline-exceeded",
    ),
    Guest::new(
        "breaks off at once",
        r#"(func (export "go") (param $n i32) (result i32) unreachable)"#,
        "trap|limit-exceeded",
    ),
    Guest::new(
        "answers with more than may be answered",
        r#"(func (export "go") (param $n i32) (result i32)
            (i32.store (i32.const 64) (i32.const 65536)) (i32.store (i32.const 68) (i32.const 10000))
            (i32.store (i32.const 65540) (i32.const 65536))
            (memory.copy (i32.const 65544) (i32.const 65536) (i32.const 80000))
            (i32.const 64))"#,
        "trap|ok",
    )
    .lifted(LISTS),
];
