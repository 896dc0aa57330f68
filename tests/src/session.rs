//! A person's shell in a new folder: both programs are found on the path, and the home is empty.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_airssys::toolchain;

use crate::program;

/// A shell, its folder outside every repository, and a home that is removed with it.
pub struct Session {
    root: tempfile::TempDir,
    current: PathBuf,
    path: OsString,
}

/// What a command wrote to standard output and standard error, and how it ended.
pub struct Said {
    /// Both outputs in the order in which they were written; `[ROOT]` stands for the folder of the session.
    pub text: String,
    /// The exit code.
    pub exit: i32,
}

impl Session {
    /// A shell in an empty folder.
    pub fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        let current = root.path().join("work");
        fs::create_dir(&current).expect("a new folder");
        let current = current.canonicalize().expect("the folder is there");
        assert!(
            !current.ancestors().any(|folder| folder.join(".airssys").exists()),
            "a state directory above {} would be found first",
            current.display()
        );
        provide_home(root.path());
        Self {
            path: path(root.path()),
            current,
            root,
        }
    }

    /// The folder it is in.
    pub fn folder(&self) -> &Path {
        &self.current
    }

    /// Runs a line of a shell; `cd` lasts until the next.
    pub fn run(&mut self, line: &str, variables: &[(&str, &OsStr)]) -> Said {
        if let Some(folder) = line.strip_prefix("cd ") {
            self.current.push(folder);
            return Said {
                text: String::new(),
                exit: i32::from(!self.current.is_dir()),
            };
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec 2>&1\n{line}")]).stdin(Stdio::null());
        let output = shell
            .env_clear()
            .envs(self.variables())
            .env("COLUMNS", "100")
            .envs(variables.iter().copied())
            .current_dir(&self.current)
            .output();
        let output = output.unwrap_or_else(|error| panic!("{line}: {error}"));
        let root = self
            .root
            .path()
            .canonicalize()
            .expect("the folder is there")
            .join("work");
        Said {
            text: String::from_utf8_lossy(&output.stdout).replace(&*root.to_string_lossy(), "[ROOT]"),
            exit: output.status.code().unwrap_or(-1),
        }
    }

    /// The variables of its shell.
    pub fn variables(&self) -> Vec<(OsString, OsString)> {
        let own = env::vars_os().filter(|(name, _)| name.to_str().is_some_and(|name| !is_foreign(name)));
        let path = [("PATH".into(), self.path.clone()), ("LC_ALL".into(), "C".into())];
        let homes = homes(self.root.path()).map(|(name, folder)| (name.into(), folder.into()));
        own.chain(path).chain(homes).collect()
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

/// The search path of a person who has installed the programs.
fn path(root: &Path) -> OsString {
    let [first, second] = ["airssys-wasm", "cargo-airssys"].map(program);
    assert_eq!(first.parent(), second.parent());
    let ours = first.parent().map(Path::to_owned);
    let known = env::var_os("PATH").unwrap_or_default();
    // Cargo and rustup put the folder of installed programs first, where it is not named already.
    let installed = homes(root).into_iter().find(|(name, _)| *name == "CARGO_HOME");
    let installed = installed.map(|(_, folder)| folder.join("bin"));
    env::join_paths(ours.into_iter().chain(env::split_paths(&known)).chain(installed)).expect("a path")
}

/// The variables that give a program an empty home below `root`, and the Rust of the person who runs the tests.
pub fn homes(root: &Path) -> [(&'static str, PathBuf); 3] {
    let own = env::home_dir().unwrap_or_default();
    let or_own = |name, folder| env::var_os(name).map_or_else(|| own.join(folder), PathBuf::from);
    [
        ("HOME", root.join("home")),
        ("CARGO_HOME", or_own("CARGO_HOME", ".cargo")),
        ("RUSTUP_HOME", or_own("RUSTUP_HOME", ".rustup")),
    ]
}

/// Makes the home below `root`.
/// Its cache shares nothing but the toolchains, because making one takes minutes.
pub fn provide_home(root: &Path) {
    let cache = root.join("home/.cache/airssys-wasm");
    let own = toolchain::user_cache().expect("the person who runs the tests has a home");
    fs::create_dir_all(&cache).expect("a new folder");
    fs::create_dir_all(own.join("toolchain")).expect("the person's cache can be written");
    std::os::unix::fs::symlink(own.join("toolchain"), cache.join("toolchain")).expect("a new link");
}

/// Whether a shell would not have this variable: an outer cargo or a developer has set it, or it names the real home.
fn is_foreign(name: &str) -> bool {
    const NAMES: [&str; 6] = [
        "AIRSSYS_STATE_DIR",
        "CARGO",
        "CLICOLOR_FORCE",
        "LD_LIBRARY_PATH",
        "OUT_DIR",
        "RUST_BACKTRACE",
    ];
    // Of cargo's, the homes, the registries and the network stay.
    const STARTS: [&str; 13] = [
        "CARGO_BIN_",
        "CARGO_BUILD_",
        "CARGO_CRATE_",
        "CARGO_ENCODED_",
        "CARGO_INCREMENTAL",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_PRIMARY_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
        "RUSTC",
        "RUSTFLAGS",
        "XDG_",
    ];
    NAMES.contains(&name) || STARTS.iter().any(|start| name.starts_with(start))
}
