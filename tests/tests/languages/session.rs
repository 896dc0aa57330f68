//! A person's shell in which the tools of other languages are installed already.

use std::ffi::OsString;
use std::fs;

use airssys_wasm_tests::{Said, Session};
use cargo_airssys::toolchain;

/// A shell, and the variables that name caches which outlive it: they hold what is compiled once on a machine.
pub(crate) struct Shell {
    pub(crate) session: Session,
    variables: Vec<(&'static str, OsString)>,
}

impl Shell {
    pub(crate) fn new() -> Self {
        let session = Session::new();
        let own = toolchain::user_cache().unwrap();
        fs::create_dir_all(own.join("tools")).unwrap();
        // The last counts, as in every environment that is built up.
        let mut homes = session.variables().into_iter().filter(|(name, _)| name == "HOME");
        let home = homes.next_back().unwrap().1;
        let cache = std::path::Path::new(&home).join(".cache/airssys-wasm");
        std::os::unix::fs::symlink(own.join("tools"), cache.join("tools")).unwrap();
        let variables = [("ZIG_GLOBAL_CACHE_DIR", "zig"), ("GOCACHE", "go")];
        let variables = variables.map(|(name, folder)| (name, own.join("foreign").join(folder).into_os_string()));
        Self {
            session,
            variables: variables.into(),
        }
    }

    /// Runs a line, whatever comes of it.
    pub(crate) fn run(&mut self, line: &str) -> Said {
        let variables: Vec<_> = self
            .variables
            .iter()
            .map(|(name, value)| (*name, value.as_os_str()))
            .collect();
        self.session.run(line, &variables)
    }

    /// Runs a line that has to succeed, and returns what it wrote.
    pub(crate) fn well(&mut self, line: &str) -> String {
        let said = self.run(line);
        assert_eq!(said.exit, 0, "{line}\n{}", said.text);
        said.text
    }

    /// All variables, for a process of its own.
    pub(crate) fn variables(&self) -> Vec<(OsString, OsString)> {
        let own = self
            .variables
            .iter()
            .map(|(name, value)| (OsString::from(name), value.clone()));
        self.session.variables().into_iter().chain(own).collect()
    }
}
