//! From what wasmtime reports to this crate's errors.

use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::component::Limits;
use crate::error::Error;

/// The most functions of a guest's backtrace that an error names.
const MAX_FRAMES: usize = 4;

/// The error of a guest entry that did not return.
pub(super) fn classify(error: &wasmtime::Error, entry: &str, limits: &Limits, memory_refused: bool) -> Error {
    if let Some(I32Exit(status)) = error.downcast_ref::<I32Exit>() {
        return Error::Exit { status: *status };
    }
    if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
        return Error::Engine {
            reason: "as many instances as the host can hold exist already".into(),
        };
    }
    let trap = error.downcast_ref::<Trap>();
    match trap {
        Some(Trap::Interrupt) => deadline(entry, limits),
        Some(Trap::OutOfFuel) => Error::Fuel { fuel: limits.fuel },
        _ if memory_refused => Error::Memory { limit: limits.memory },
        _ => Error::Trap {
            message: message(error, trap),
        },
    }
}

/// The error of a guest entry that did not return in time.
pub(super) fn deadline(entry: &str, limits: &Limits) -> Error {
    Error::Deadline {
        entry: entry.to_owned(),
        deadline: limits.deadline.0,
    }
}

fn message(error: &wasmtime::Error, trap: Option<&Trap>) -> String {
    let mut text = match trap {
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    if let Some(short) = text.strip_prefix("wasm trap: ") {
        text = short.to_owned();
    }
    let frames = error
        .downcast_ref::<WasmBacktrace>()
        .map(WasmBacktrace::frames)
        .unwrap_or_default();
    let all: Vec<String> = frames
        .iter()
        .filter_map(|frame| frame.func_name())
        .map(demangled)
        .collect();
    let own: Vec<&String> = all.iter().filter(|name| !is_machinery(name)).collect();
    let names: Vec<&str> = if own.is_empty() { all.iter().collect() } else { own }
        .into_iter()
        .take(MAX_FRAMES)
        .map(String::as_str)
        .collect();
    if !names.is_empty() {
        text.push_str(", in ");
        text.push_str(&names.join(" < "));
    }
    text
}

/// Whether a function belongs to the machinery of a language's runtime, which says nothing of the cause.
fn is_machinery(name: &str) -> bool {
    const CRATES: [&str; 3] = ["std::", "core::", "alloc::"];
    let path = name.trim_start_matches('<');
    // The last is what bindings of the contract generate, in any crate.
    CRATES.iter().any(|start| path.starts_with(start))
        || path.contains("::exports::airssys::component::")
        || ["__rust", "rust_", "abort"].iter().any(|start| name.starts_with(start))
}

/// A function's name as its author wrote it.
fn demangled(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machinery_of_a_panic_is_told_from_the_authors_functions() {
        assert!(is_machinery("std::sys::pal::wasi::helpers::abort_internal"));
        assert!(is_machinery("__rustc::__rust_abort"));
        assert!(is_machinery(
            "<a::B as a::exports::airssys::component::guest::Guest>::execute"
        ));
        assert!(!is_machinery("greeter::Greeter::greet"));
        assert!(!is_machinery("standard::greet"));
    }
}
