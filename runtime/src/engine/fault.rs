//! From what wasmtime reports to this crate's errors.

use wasmtime::component::ResourceTableError;
use wasmtime::{FrameInfo, PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::engines::POOL_INSTANCES;
use super::limit::{MAX_CORE_INSTANCES, MAX_MEMORIES, MAX_TABLES, Refused};
use super::lines::{Budget, Lines, Origin, Position};
use crate::component::{Limit, Limits, Release};
use crate::error::Error;
use crate::printable::printable_line;
use crate::usage::Shortage;

/// The most functions of a guest's backtrace that an error names.
const MAX_FRAMES: usize = 4;

/// The error of a guest entry that did not return.
pub(super) fn classify(
    error: &wasmtime::Error,
    entry: &str,
    release: &Release,
    (refused, host_calls): (Option<Refused>, u64),
    lines: Option<&Lines>,
) -> Error {
    let limits = &release.limits;
    if let Some(I32Exit(status)) = error.downcast_ref::<I32Exit>() {
        return Error::Exit { status: *status };
    }
    if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
        return Shortage::of_places(POOL_INSTANCES.into()).error(&release.name);
    }
    let trap = error.downcast_ref::<Trap>();
    match trap {
        Some(Trap::Interrupt) if host_calls > limits.host_calls => beyond(Limit::HostCalls, limits),
        Some(Trap::Interrupt) => deadline(entry, limits),
        Some(Trap::OutOfFuel) => Error::Fuel { fuel: limits.fuel },
        _ => match refused {
            Some(Refused::Limit(limit)) => beyond(limit, limits),
            Some(Refused::Shortage(shortage)) => shortage.error(&release.name),
            None => other(error, trap, limits, lines),
        },
    }
}

/// The error of a guest that went beyond a limit.
fn beyond(limit: Limit, limits: &Limits) -> Error {
    match limit {
        Limit::Memory => Error::Memory { limit: limits.memory },
        limit => Error::Limit {
            limit,
            allowed: limits.amount(limit),
        },
    }
}

/// The error of a guest that was refused nothing that was noted.
fn other(error: &wasmtime::Error, trap: Option<&Trap>, limits: &Limits, lines: Option<&Lines>) -> Error {
    let cause = error.root_cause();
    let table = cause.downcast_ref::<ResourceTableError>();
    let text = cause.to_string();
    // wasmtime's own errors have no public types here.
    if matches!(table, Some(ResourceTableError::Full)) || text.ends_with("store handle limit exceeded") {
        return beyond(Limit::Handles, limits);
    }
    let counted = text.strip_prefix("resource limit exceeded: ").and_then(|rest| {
        let (what, count) = rest.split_once(" count too high at ")?;
        let limit = match what {
            "instance" => MAX_CORE_INSTANCES,
            "memory" => MAX_MEMORIES,
            "table" => MAX_TABLES,
            _ => return None,
        };
        Some((what, count.parse::<u64>().ok()?, limit))
    });
    if let Some((what, count, limit)) = counted {
        let what = match what {
            "instance" => "core instances",
            "memory" => "memories",
            _ => "tables",
        };
        return Error::TooComplex {
            what: what.into(),
            count,
            limit: limit.into(),
        };
    }
    Error::Trap {
        message: message(error, trap, lines),
    }
}

/// The error of a guest entry that did not return in time.
pub(super) fn deadline(entry: &str, limits: &Limits) -> Error {
    Error::Deadline {
        entry: entry.to_owned(),
        deadline: limits.deadline.0,
    }
}

fn message(error: &wasmtime::Error, trap: Option<&Trap>, lines: Option<&Lines>) -> String {
    let mut text = match trap {
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    // wasmtime's error has no public type, and speaks of a fuel that is not the fuel of `limits.fuel`.
    if text.starts_with("too much data is being copied") {
        text = "it handed over more than one call may carry".to_owned();
    }
    if let Some(short) = text.strip_prefix("wasm trap: ") {
        text = short.to_owned();
    }
    let frames = error
        .downcast_ref::<WasmBacktrace>()
        .map(WasmBacktrace::frames)
        .unwrap_or_default();
    let named = lines.map(|lines| places(frames, lines)).unwrap_or_default();
    let named = if named.is_empty() { names(frames) } else { named };
    if !named.is_empty() {
        text.push_str(", in ");
        text.push_str(&named.join(" < "));
    }
    text
}

/// The names of the innermost functions; those of the machinery only when there are no others.
fn names(frames: &[FrameInfo]) -> Vec<String> {
    let mut all: Vec<String> = frames.iter().filter_map(FrameInfo::func_name).map(demangled).collect();
    if all.iter().any(|name| !is_machinery(name)) {
        all.retain(|name| !is_machinery(name));
    }
    all.truncate(MAX_FRAMES);
    all
}

/// File, line and name of the innermost functions of the author's own; those of libraries only when there are no
/// others. Empty where no function has a line.
fn places(frames: &[FrameInfo], lines: &Lines) -> Vec<String> {
    let mut budget = Budget::of_trap();
    let mut at = |frame: &FrameInfo| lines.at(frame.module_offset()?, &mut budget);
    // The outermost function is what the component exports, which is compiled with the author's own code.
    let outermost = frames.last().filter(|frame| frame.func_name().is_some_and(is_export));
    let project = outermost.and_then(&mut at).map(|position| position.folder);
    let is_own = |position: &Position| {
        let elsewhere = project.as_ref().is_some_and(|project| *project != position.folder);
        position.origin == Origin::Own && !elsewhere
    };
    let mut place = |frame: &FrameInfo| -> Option<(String, Position)> {
        let name = frame.func_name().map(demangled)?;
        if is_machinery(&name) || is_export(&name) {
            return None;
        }
        Some((name, at(frame)?))
    };
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for frame in frames {
        let Some(found) = place(frame) else { continue };
        let kind = if is_own(&found.1) { &mut own } else { &mut others };
        kind.push(found);
        // Those further out would not be shown.
        if own.len() == MAX_FRAMES {
            break;
        }
    }
    others.truncate(MAX_FRAMES);
    let found = if own.is_empty() { others } else { own };
    found
        .iter()
        .map(|(name, position)| format!("{position} {name}"))
        .collect()
}

/// Whether a function is the export of an interface, such as `airssys:component/guest@0.1.0#execute`.
fn is_export(name: &str) -> bool {
    name.contains('/') && name.contains('#')
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

/// The longest name of a function that an error shows, in characters.
const MAX_NAME: usize = 200;

/// A function's name as its author wrote it; it comes from the guest, so it is cut and made printable.
fn demangled(name: &str) -> String {
    // Names beyond this are not what a compiler makes, and demangling them could take long.
    let read = match name.len() {
        0..=4096 => format!("{:#}", rustc_demangle::demangle(name)),
        _ => name.chars().take(MAX_NAME).collect(),
    };
    printable_line(&read.chars().take(MAX_NAME).collect::<String>()).replace('\t', " ")
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

    #[test]
    fn the_name_of_a_function_is_one_line_in_its_own_order() {
        assert_eq!(demangled("a\tb\n\u{1b}[2J\u{202e}c"), "a b\\n\\u{1b}[2J\\u{202e}c");
    }

    #[test]
    fn an_export_is_told_from_the_functions_it_calls() {
        assert!(is_export("airssys:component/guest@0.1.0#execute"));
        assert!(!is_export("<greeter::Greeter as contract::Component>::execute"));
        assert!(!is_export("greeter::Greeter::greet::{{closure}}#0"));
    }
}
