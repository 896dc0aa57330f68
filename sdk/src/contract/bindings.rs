//! What `wit-bindgen` generates from the contract: one world for each interface, so that a component exports only what it has.

/// The interface `guest`, which every component exports.
#[allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    reason = "generated: passing values to and from the host takes unsafe code"
)]
pub mod guest {
    wit_bindgen::generate!({
        path: ["wit/deps/io", "wit/component"],
        world: "airssys:component/component",
        pub_export_macro: true,
        default_bindings_module: "::airssys_wasm_sdk::__internal::guest",
    });
}

/// The interface `state`, which a component exports that keeps its state across a swap.
#[allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    reason = "generated: passing values to and from the host takes unsafe code"
)]
pub mod state {
    wit_bindgen::generate!({
        path: ["wit/deps/io", "wit/component"],
        inline: "
            package airssys:sdk;

            world stateful {
              export airssys:component/state@0.1.0;
            }
        ",
        with: { "airssys:component/types@0.1.0": super::guest::airssys::component::types },
        pub_export_macro: true,
        default_bindings_module: "::airssys_wasm_sdk::__internal::state",
    });
}
