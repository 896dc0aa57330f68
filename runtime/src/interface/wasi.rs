//! WASI 0.2: everything is there to import, and nothing is granted.

use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiView};

use super::{Interface, Lines};

/// The most random bytes that one call may ask for.
const MAX_RANDOM_BYTES: u64 = 1 << 20;

pub(super) fn interface<T: WasiView + 'static>() -> Interface<T> {
    Interface {
        packages: &["wasi:cli", "wasi:clocks", "wasi:io", "wasi:random", "wasi:sockets"],
        add_to_linker: wasmtime_wasi::p2::add_to_linker_async,
    }
}

/// A context without files, network, environment, arguments or standard input.
/// What the guest writes to its standard output and error goes to the two streams.
pub(super) fn empty_context(output: Lines, error: Lines) -> WasiCtxBuilder {
    let mut context = WasiCtx::builder();
    context
        .stdout(output)
        .stderr(error)
        .max_random_size(MAX_RANDOM_BYTES)
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false);
    context
}
