//! How guests come to this interface instead of wasmtime-wasi's.

use wasmtime::component::{HasData, Linker};
use wasmtime_wasi::p2::bindings::filesystem::{preopens, types};

use super::FilesView;
use crate::interface::{Interface, View};

/// Names the view for the generated bindings.
struct Gated;

impl HasData for Gated {
    type Data<'a> = FilesView<'a>;
}

pub(in crate::interface) fn interface<T: View + 'static>() -> Interface<T> {
    Interface {
        names: &["wasi:filesystem"],
        add_to_linker,
    }
}

fn add_to_linker<T: View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    // All of WASI was added at once, with a `wasi:filesystem` that knows no gate.
    linker.allow_shadowing(true);
    types::add_to_linker::<T, Gated>(linker, T::files)?;
    preopens::add_to_linker::<T, Gated>(linker, T::files)?;
    linker.allow_shadowing(false);
    Ok(())
}
