//! The compiler's side: a process that compiles one component and ends.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

use wasmtime::{CodeBuilder, Engine};

use super::compatibility::compatibility;
use super::confine::{bound, confine};
use super::wire::{GREETING, Head, MAX_WORDS, ORDER, Order, Verdict};
use crate::engine::engines::{Profile, compiling};

/// The one argument with which a host starts a program that is to compile; see [`compile_child`].
pub const COMPILE_ARGUMENT: &str = "__compile";

/// Compiles one component for the host that started this process; the program returns from `main` with its result.
///
/// A program that a [`Compiler::Process`](crate::Compiler::Process) names calls this, before it does anything else,
/// when its one argument is [`COMPILE_ARGUMENT`].
/// It reads standard input and writes standard output, closes all descriptors that the process has inherited beside
/// the standard ones, lowers the limits and the priority of the process, and ends when the host is gone.
///
/// ```no_run
/// use std::ffi::OsString;
/// use std::process::ExitCode;
///
/// /// What `main` calls with the arguments of the program.
/// fn run(arguments: &[OsString]) -> ExitCode {
///     if matches!(arguments, [_, word] if word == airssys_wasm::COMPILE_ARGUMENT) {
///         return airssys_wasm::compile_child();
///     }
///     // What the program is for.
///     ExitCode::SUCCESS
/// }
/// ```
pub fn compile_child() -> ExitCode {
    // When the pipes are broken there is nobody to tell.
    answer_once().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

/// How the conversation ended from the inside.
struct Answer {
    verdict: Verdict,
    engine: u64,
    /// The code, or what is to be said.
    content: Vec<u8>,
}

fn answer_once() -> std::io::Result<()> {
    let confined = confine();
    // Without the buffers of the standard library, which holds lines back.
    let mut input = File::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    let mut output = File::from(std::io::stdout().as_fd().try_clone_to_owned()?);
    output.write_all(GREETING)?;
    if let Err(reason) = confined {
        return send(&mut output, &Answer::unable(reason));
    }
    let mut order = [0; ORDER];
    input.read_exact(&mut order)?;
    let Some(order) = Order::decode(&order) else {
        return send(&mut output, &Answer::unable("it does not understand the host".into()));
    };
    if let Err(reason) = bound(order.memory, order.deadline) {
        return send(&mut output, &Answer::unable(reason));
    }
    let mut bytes = Vec::new();
    let reserved = usize::try_from(order.size).is_ok_and(|size| bytes.try_reserve_exact(size).is_ok());
    if !reserved {
        return send(&mut output, &Answer::out_of_memory());
    }
    (&input).take(order.size).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < order.size {
        // The host is gone in the middle of what it had to say.
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    match compile_while_wanted(bytes, order.profile, input)? {
        Some(answer) => send(&mut output, &answer),
        None => Err(std::io::ErrorKind::BrokenPipe.into()),
    }
}

/// Compiles until it is done or the host is gone, whose end of the pipe is closed then.
fn compile_while_wanted(bytes: Vec<u8>, profile: Profile, mut input: File) -> std::io::Result<Option<Answer>> {
    let (ended, outcome) = mpsc::channel();
    let gone = ended.clone();
    let compiling = move || {
        let answer = catch_unwind(AssertUnwindSafe(|| compile(&bytes, profile))).unwrap_or_else(Answer::panicked);
        // The receiver waits for this or has stopped waiting, because the host is gone.
        let _ = ended.send(Some(answer));
    };
    let watching = move || {
        let _ = input.read(&mut [0]);
        let _ = gone.send(None);
    };
    // Both threads end with the process, which ends when this function's result is written.
    let watch = thread::Builder::new().name("watch".into()).stack_size(128 << 10);
    let compile = thread::Builder::new().name("compile".into());
    let started = watch.spawn(watching).and_then(|_| compile.spawn(compiling));
    match started {
        Ok(_) => outcome.recv().map_err(std::io::Error::other),
        // What threads need that could be missing is memory for their stacks.
        Err(_) => Ok(Some(Answer::out_of_memory())),
    }
}

fn compile(bytes: &[u8], profile: Profile) -> Answer {
    let engine = match compiling(profile) {
        Ok(engine) => engine,
        Err(error) => return Answer::unable(format!("its engine could not be set up: {error:#}")),
    };
    match translate(&engine, bytes) {
        Ok(content) => Answer {
            verdict: Verdict::Compiled,
            engine: compatibility(&engine),
            content,
        },
        Err(error) if is_out_of_memory(&error) => Answer::out_of_memory(),
        Err(error) => Answer::with_words(Verdict::Refused, &format!("{error:#}")),
    }
}

pub(super) fn translate(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Vec<u8>> {
    let mut builder = CodeBuilder::new(engine);
    builder.wasm_binary(bytes, None)?.compile_component_serialized()
}

fn is_out_of_memory(error: &wasmtime::Error) -> bool {
    let causes = error.chain();
    let mut systems = causes.filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    systems.any(|error| error.kind() == std::io::ErrorKind::OutOfMemory)
}

impl Answer {
    fn with_words(verdict: Verdict, words: &str) -> Self {
        let mut content = words.as_bytes().to_vec();
        content.truncate(MAX_WORDS as usize);
        Self {
            verdict,
            engine: 0,
            content,
        }
    }

    fn unable(reason: String) -> Self {
        Self::with_words(Verdict::Unable, &reason)
    }

    fn out_of_memory() -> Self {
        Self::with_words(Verdict::OutOfMemory, "")
    }

    fn panicked(payload: Box<dyn std::any::Any + Send>) -> Self {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let words = text
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or_default();
        // Threads that cannot be started lack memory for their stacks; the library that starts them panics.
        if words.contains("ThreadPoolBuildError") {
            return Self::out_of_memory();
        }
        Self::with_words(Verdict::Panicked, words)
    }
}

fn send(output: &mut File, answer: &Answer) -> std::io::Result<()> {
    let head = Head {
        verdict: answer.verdict,
        engine: answer.engine,
        size: answer.content.len() as u64,
    };
    output.write_all(&head.encode())?;
    output.write_all(&answer.content)
}
