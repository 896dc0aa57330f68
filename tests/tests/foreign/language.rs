//! The languages, each by its commands.

use super::program::Words;

/// One way from a language to a component.
pub(crate) struct Language {
    /// What it is called in reports.
    pub(crate) name: &'static str,
    /// Its folder in `tests/foreign`.
    pub(crate) folder: &'static str,
    /// Its tools, as a manifest names them.
    pub(crate) tools: &'static [&'static str],
    /// Makes `component.wasm`, or `module.wasm` when the tools end there; run in a folder with the sources and `wit/`.
    pub(crate) build: Words,
    /// Whether the build needs C bindings in `bindings/`, and leaves a core module.
    pub(crate) is_c: bool,
    /// The end of its greeting.
    pub(crate) from: &'static str,
    /// The least memory limit, in KiB, under which its greeter starts and answers.
    pub(crate) memory: u32,
    /// The memory limit under which it takes calls without end; the default of every component for most.
    pub(crate) lasting_memory: &'static str,
}

/// The memory limit of components that name none.
const DEFAULT: &str = "64MiB";

/// CPython, frozen after its imports; `--stub-wasi` leaves no import.
pub(crate) const PYTHON: Language = Language {
    name: "Python",
    folder: "python",
    tools: &["pip:componentize-py@0.25.1"],
    build: &[
        "{tools}/componentize-py",
        "--wit-path=wit",
        "--world={world}",
        "componentize",
        "--stub-wasi",
        "--output=component.wasm",
        "{world}",
    ],
    is_c: false,
    from: "Python",
    memory: 13_000,
    lasting_memory: DEFAULT,
};

/// JavaScript in the small engine QuickJS.
pub(crate) const QUICKJS: Language = Language {
    name: "JavaScript (QuickJS)",
    folder: "javascript",
    tools: &["npm:@bytecodealliance/jco@1.35.0"],
    build: &[
        "{tools}/jco",
        "componentize",
        "{world}.js",
        "--wit=wit",
        "--world-name={world}",
        "--bundle",
        "--backend=quickjs",
        "--backend-qjs-stub-wasi",
        "--out=component.wasm",
    ],
    is_c: false,
    from: "JavaScript",
    memory: 1_600,
    lasting_memory: DEFAULT,
};

/// JavaScript in the engine of Firefox; everything that it would import is switched off.
pub(crate) const STARLINGMONKEY: Language = Language {
    name: "JavaScript (StarlingMonkey)",
    build: &[
        "{tools}/jco",
        "componentize",
        "{world}.js",
        "--wit=wit",
        "--world-name={world}",
        "--disable=all",
        "--out=component.wasm",
    ],
    memory: 13_000,
    // It collects its garbage only when there are more than 128 MiB.
    lasting_memory: "256MiB",
    ..QUICKJS
};

/// C, compiled by the clang that comes with Zig.
pub(crate) const C: Language = Language {
    name: "C",
    folder: "c",
    tools: &["pip:ziglang@0.17.0"],
    build: &[
        "{tools}/python",
        "-m",
        "ziglang",
        "cc",
        "-target",
        "wasm32-wasi",
        "-mexec-model=reactor",
        "-Os",
        "-s",
        // Without it the stack takes 16 MiB from the start.
        "-Wl,-z,stack-size=65536",
        "-Ibindings",
        "{world}.c",
        "bindings/{world}.c",
        "bindings/{world}_component_type.o",
        "-o",
        "module.wasm",
    ],
    is_c: true,
    from: "C",
    memory: 256,
    lasting_memory: DEFAULT,
};
