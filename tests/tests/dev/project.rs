//! Projects whose build takes no time: a command copies a component that was built before.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use airssys_wasm::control::Client;
use airssys_wasm_tests::{edition, guest};

/// How long something is waited for that has to come.
const LONGEST: Duration = Duration::from_secs(120);

/// A project in a folder of its own.
pub(crate) struct Project {
    root: tempfile::TempDir,
}

impl Project {
    /// A project that is built by this command, and its first component.
    pub(crate) fn new(command: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let project = Self { root };
        fs::create_dir(project.folder()).unwrap();
        project.write("Component.toml", manifest(command));
        project.write(".gitignore", "/dist\n/.airssys\n*.log\n");
        project.set(0);
        project
    }

    /// A project that is built by copying its source.
    pub(crate) fn copied() -> Self {
        Self::new("mkdir -p dist && cp src/echo.wasm dist/echo.wasm")
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.root.path().join("project")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes a file, so that nobody sees a half of it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let aside = path.with_file_name(".aside");
        fs::write(&aside, content).unwrap();
        fs::rename(aside, path).unwrap();
    }

    /// Waits until a program has written what is wanted.
    pub(crate) fn wait_for(&self, name: &str, is_there: impl Fn(&str) -> bool) {
        let begin = Instant::now();
        while !fs::read_to_string(self.path(name)).is_ok_and(|text| is_there(&text)) {
            assert!(begin.elapsed() < LONGEST, "{name} never came");
            thread::yield_now();
        }
    }

    /// Makes the component another one, which does the same.
    pub(crate) fn set(&self, number: u8) {
        self.write("src/echo.wasm", edition("echo", number));
    }

    /// Makes the component this guest.
    pub(crate) fn set_guest(&self, name: &str) {
        self.write("src/echo.wasm", guest(name));
    }

    /// What the running component answers.
    pub(crate) async fn call(&self, text: &str) -> String {
        let client = Client::connect(&self.path(".airssys"), std::sync::Arc::new(|_| {}))
            .await
            .unwrap();
        let answer = client
            .call(&"echo".parse().unwrap(), airssys_wasm::component::Message::text(text))
            .await;
        answer.unwrap().to_text().into_owned()
    }

    /// The processes that work in its folder.
    pub(crate) fn processes(&self) -> Vec<String> {
        processes_in(&self.folder())
    }
}

/// A manifest with a build command.
pub(crate) fn manifest(command: &str) -> String {
    format!(
        "manifest-version = 1\n[component]\nname = \"echo\"\nversion = \"1.0.0\"\n\
         [build]\ncommand = {command:?}\nartifact = \"dist/echo.wasm\"\n"
    )
}

/// The processes that work in a folder.
pub(crate) fn processes_in(folder: &Path) -> Vec<String> {
    let folder = folder.canonicalize().unwrap();
    let all = fs::read_dir("/proc").unwrap().flatten();
    let is_inside = |cwd: PathBuf| cwd.starts_with(&folder);
    let inside = all.filter(|process| fs::read_link(process.path().join("cwd")).is_ok_and(is_inside));
    let said = inside.map(|process| fs::read_to_string(process.path().join("cmdline")).unwrap_or_default());
    said.collect()
}
