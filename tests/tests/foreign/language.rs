//! The languages, each by its commands.

use super::program::Words;

/// One way from a language to a component.
pub(crate) struct Language {
    /// What it is called in reports.
    pub(crate) name: &'static str,
    /// Its folder in `tests/foreign`.
    pub(crate) folder: &'static str,
    /// The files there that say which tools are installed.
    pub(crate) requirements: &'static [&'static str],
    /// Installs the tools; run in a new folder that has the requirements.
    pub(crate) install: &'static [Words],
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

/// Installs what `requirements.txt` names.
const PIP: &[Words] = &[
    &["python3", "-m", "venv", "venv"],
    &["venv/bin/pip", "install", "--requirement", "requirements.txt"],
];

/// Installs what `package.json` names.
/// `npm ci` refuses lock files that were written on another platform.
const NPM: &[Words] = &[&["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"]];

/// CPython, frozen after its imports; `--stub-wasi` leaves no import.
pub(crate) const PYTHON: Language = Language {
    name: "Python",
    folder: "python",
    requirements: &["requirements.txt"],
    install: PIP,
    build: &[
        "{tools}/venv/bin/componentize-py",
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
    requirements: &["package.json"],
    install: NPM,
    build: &[
        "{tools}/node_modules/.bin/jco",
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
        "{tools}/node_modules/.bin/jco",
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
    requirements: &["requirements.txt"],
    install: PIP,
    build: &[
        "{tools}/venv/bin/python",
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
