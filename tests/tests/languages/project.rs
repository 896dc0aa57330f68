//! Projects from templates.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::session::Shell;

/// A new project, and a shell in its folder.
pub(crate) struct Project {
    pub(crate) shell: Shell,
}

impl Project {
    /// Makes the project `hello` of a template.
    pub(crate) fn new(language: &str, kind: &str) -> Self {
        let mut shell = Shell::new();
        shell.well(&format!(
            "airssys-wasm init hello --lang {language} --template {kind} --yes"
        ));
        shell.run("cd hello");
        Self { shell }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.shell.session.folder().join(name)
    }

    /// Puts one text in the place of another, which has to be there.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.path(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no `{from}`:\n{text}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// Builds it; what `build` tells a program.
    pub(crate) fn build(&mut self) -> Value {
        let said = self
            .shell
            .well("airssys-wasm build --quiet -o json 2> said || { cat said; exit 1; }");
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    /// The bytes of the component, built.
    pub(crate) fn component(&mut self) -> Vec<u8> {
        let built = self.build();
        fs::read(built["path"].as_str().unwrap().replace("[ROOT]", &self.root())).unwrap()
    }

    fn root(&self) -> String {
        self.shell
            .session
            .folder()
            .parent()
            .unwrap()
            .to_string_lossy()
            .into_owned()
    }
}
