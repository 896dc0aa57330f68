//! What wasmtime generates from `wit/` for the interfaces that have no crate of their own.
#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

wasmtime::component::bindgen!({
    path: ["wit/deps/io", "wit/deps/logging", "wit/component", "wit/host"],
    inline: "
        package airssys:offered;
        world imported {
            import wasi:logging/logging@0.1.0-draft;
            import airssys:host/process@0.1.0;
        }
    ",
    world: "airssys:offered/imported",
    imports: { "airssys:host/process": async },
});
