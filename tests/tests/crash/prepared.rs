//! What the process that is killed begins with, and how it is run.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use tempfile::TempDir;

use airssys_wasm::component::Package;
use airssys_wasm_tests::{TestHost, copy_folder, edition, guest, name};

/// The number of SIGKILL.
const KILL: i32 = 9;

/// A state directory in which everything is compiled, and the packages.
pub(crate) struct Prepared {
    state: Arc<TempDir>,
    packages: TempDir,
}

impl Prepared {
    /// Nothing that is deployed.
    pub(crate) async fn nothing() -> Self {
        let packages = tempfile::tempdir().unwrap();
        let test = TestHost::new().await;
        let numbered = |guest: &'static str| (1..=4).map(move |n| (format!("{guest}-{n}"), edition(guest, n)));
        let special = [
            ("echo-refused", guest("unhealthy")),
            ("echo-failing", guest("traps")),
            ("counter-refused", guest("refuses-state")),
            ("counter-failing", edition("counter", 5)),
        ];
        let special = special.map(|(file, bytes)| (file.to_owned(), bytes));
        for (file, bytes) in numbered("echo").chain(numbered("counter")).chain(special) {
            std::fs::write(packages.path().join(format!("{file}.wasm")), &bytes).unwrap();
            // Compiles, and changes nothing else.
            test.host.package(Package::new(bytes).name(name("any"))).await.unwrap();
        }
        test.host.shutdown().await.unwrap();
        let state = test.folder.clone();
        Self { state, packages }
    }

    /// `echo`, a pool, and `counter`, an actor that has counted to 3: 1.0.0 serves, and came back from 2.0.0.
    pub(crate) async fn components() -> Self {
        let prepared = Self::nothing().await;
        let test = TestHost::open(prepared.state.clone(), |builder| builder).await;
        for component in ["echo", "counter"] {
            for version in [1, 2] {
                let package = package(component, component, version);
                test.host.deploy(package).await.unwrap();
                test.call(component, "x").await.unwrap();
            }
            let options = Default::default();
            test.host.rollback(&name(component), &options).await.unwrap();
            test.call(component, "x").await.unwrap();
        }
        test.host.shutdown().await.unwrap();
        prepared
    }

    /// A copy of the state directory.
    pub(crate) fn copy(&self) -> Arc<TempDir> {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(self.state.path(), folder.path());
        Arc::new(folder)
    }

    /// Brings back what was removed of the compiled code, so that it is not compiled again.
    pub(crate) fn restore_cache(&self, folder: &TempDir) {
        let cache = |of: &TempDir| of.path().join("cache");
        copy_folder(&cache(&self.state), &cache(folder));
    }

    /// The process, which has not been started.
    pub(crate) fn doomed(&self, folder: &TempDir, point: u64, work: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doomed"));
        command.arg(folder.path()).arg(self.packages.path());
        command.arg(point.to_string()).args(work);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// The edition of a guest that has this number, as this version.
pub(crate) fn package(component: &str, guest: &str, number: u8) -> Package {
    let version = format!("{number}.0.0").parse().unwrap();
    Package::new(edition(guest, number))
        .name(name(component))
        .version(version)
}

/// The lines of a process that has ended, which SIGKILL has to have done.
pub(crate) fn lines_of_killed(output: &Output) -> Vec<String> {
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(KILL), "{said}{complaint}");
    said.lines().map(str::to_owned).collect()
}
