//! What a component may consist of, counted in one pass before anything else reads it.
//!
//! Validating and compiling are not covered by wasmtime's promise of security: a small file can make them take
//! minutes, gigabytes or the whole stack.
//! What they cost depends on the numbers below, so these are counted first, without recursion and in linear time.

mod code;
mod expansion;
mod tally;
mod types;
mod walk;

use tally::Counted;
pub(super) use walk::check;

/// Every cap: what is counted over the whole file, nested modules and components together, and the most of it.
///
/// A Python component of 21.7 MB (14 modules, 14,563 functions, the largest of 427 KB) and a JavaScript component of
/// 12 MB stay below a quarter of each.
const CAPS: [(Counted, &str, u64); 28] = [
    (Counted::Sections, "sections", 50_000),
    (Counted::Modules, "core modules", 256),
    (Counted::Components, "nested components", 512),
    (Counted::Nesting, "levels of nested components", 16),
    (Counted::CoreInstances, "core instances", 4_000),
    (Counted::Instances, "component instances", 4_000),
    // A component can instantiate another twice, which instantiates a third twice: 40 of them are a trillion.
    (
        Counted::Expanded,
        "items when every nested component is expanded",
        1_000_000,
    ),
    (Counted::CoreTypes, "core types", 200_000),
    (Counted::CoreTypeBytes, "bytes of core types", 8 << 20),
    (Counted::Types, "component types", 100_000),
    (Counted::TypeBytes, "bytes of component types", 4 << 20),
    // Whoever reads component types calls itself for each level.
    (Counted::TypeNesting, "levels of nested component types", 16),
    (Counted::Functions, "functions", 400_000),
    (
        Counted::TypeArity,
        "parameters and results of all core types together",
        1_000_000,
    ),
    (
        Counted::FunctionArity,
        "parameters and results of all functions together",
        4_000_000,
    ),
    (Counted::FunctionBytes, "bytes of code in one function", 2 << 20),
    (Counted::FunctionLocals, "locals in one function", 20_000),
    (Counted::Locals, "locals of all functions together", 8_000_000),
    (Counted::Blocks, "blocks in one function", 150_000),
    // A compiler keeps a table of locals by blocks.
    (Counted::Flow, "locals times blocks in one function", 16 << 20),
    // A call of two bytes can have a thousand results.
    (
        Counted::Values,
        "values passed by calls and branches in one function",
        2 << 20,
    ),
    (Counted::Memories, "memories", 64),
    (Counted::Tables, "tables", 256),
    (Counted::Segments, "data and element segments", 200_000),
    (Counted::Names, "imports, exports and aliases", 800_000),
    (Counted::NameBytes, "bytes in the name of one import or export", 8 << 10),
    (
        Counted::DebugBytes,
        "bytes of debugging information (custom sections `.debug_*`)",
        32 << 20,
    ),
    (
        Counted::CustomBytes,
        "bytes of custom sections other than debugging information",
        24 << 20,
    ),
];
