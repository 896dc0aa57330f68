//! Components of the contract that are written by hand, so that they go wrong at exactly one place.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::workspace;

/// What a component of the contract does, in the text format of WebAssembly; what is empty returns at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByHand<'a> {
    /// What it imports: nothing, or [`CLOCK`].
    pub imports: &'a str,
    /// Further fields of the module: tables, functions and others.
    pub fields: &'a str,
    /// The start function.
    pub start: &'a str,
    /// `init`.
    pub init: &'a str,
    /// `execute`.
    pub execute: &'a str,
    /// What runs after the host has read the answer of `execute`.
    pub post_return: &'a str,
    /// `health-status`.
    pub health: &'a str,
    /// `shutdown`.
    pub shutdown: &'a str,
    /// What makes room for the arguments of a call.
    pub realloc: &'a str,
}

/// Imports what [`WAITING`] calls.
pub const CLOCK: &str = r#"(import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
    (import "wasi:clocks/monotonic-clock@0.2.12" "subscribe-duration" (func $subscribe (param i64) (result i32)))"#;

/// Waits in the host without end.
pub const WAITING: &str = "(call $block (call $subscribe (i64.const -1)))";

/// A world with what [`CLOCK`] imports.
const CLOCKED: [&str; 2] = [
    "package wasi:clocks@0.2.12;
    interface monotonic-clock {
        use wasi:io/poll@0.2.12.{pollable};
        subscribe-duration: func(when: u64) -> pollable;
    }",
    "package tests:by-hand;
    world clocked {
        import wasi:io/poll@0.2.12;
        import wasi:clocks/monotonic-clock@0.2.12;
        include airssys:component/component@0.1.0;
    }",
];

/// Runs without end.
pub const ENDLESS: &str = "(loop $endless (br $endless))";

impl ByHand<'_> {
    /// The component.
    /// Every answer is read from memory that is zero: no error, empty texts and lists, healthy.
    pub fn component(&self) -> Vec<u8> {
        let Self {
            imports,
            fields,
            start,
            init,
            execute,
            post_return,
            health,
            shutdown,
            realloc,
        } = self;
        let guest = "airssys:component/guest@0.1.0";
        let module = format!(
            r#"(module
                {imports}
                (memory (export "memory") 1)
                {fields}
                (func $start {start})
                (start $start)
                (func (export "{guest}#init") (param i32 i32) (result i32) {init} (i32.const 1024))
                (func (export "{guest}#execute") (param i32 i32 i32 i32 i32 i32) (result i32)
                    {execute} (i32.const 1024))
                (func (export "cabi_post_{guest}#execute") (param i32) {post_return})
                (func (export "{guest}#shutdown") (result i32) {shutdown} (i32.const 1024))
                (func (export "{guest}#metadata") (result i32) (i32.const 1024))
                (func (export "{guest}#required-capabilities") (result i32) (i32.const 1024))
                (func (export "{guest}#health-status") (result i32) {health} (i32.const 1024))
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc} (i32.const 4096)))"#
        );
        let mut resolve = Resolve::default();
        let wit = workspace().join("wit");
        resolve.push_dir(wit.join("deps/io")).expect("the worlds are valid");
        let (package, _) = resolve.push_dir(wit.join("component")).expect("the contract is valid");
        let (package, world) = match imports.is_empty() {
            true => (package, "component"),
            false => {
                let packages = CLOCKED.map(|text| resolve.push_str("by-hand.wit", text).expect("a valid package"));
                (packages[1], "clocked")
            }
        };
        let world = resolve.select_world(&[package], Some(world)).expect("it is there");
        let mut bytes = wat::parse_str(&module).unwrap_or_else(|error| panic!("{error}"));
        embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8).expect("a module");
        let encoder = ComponentEncoder::default().validate(true).module(&bytes);
        encoder
            .expect("a module of the contract")
            .encode()
            .expect("a component of the contract")
    }
}
