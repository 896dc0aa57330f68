//! The packages that are deployed: files that the test has made.

use std::path::PathBuf;

use airssys_wasm::component::Package;
use airssys_wasm_tests::name;

/// A folder of components, each a file `GUEST-EDITION.wasm`.
pub(crate) struct Packages(PathBuf);

impl Packages {
    pub(crate) fn new(folder: &str) -> Self {
        Self(folder.into())
    }

    /// An edition of a guest under this name and version.
    pub(crate) fn package(&self, component: &str, guest: &str, edition: &str, version: u64) -> Package {
        let file = self.0.join(format!("{guest}-{edition}.wasm"));
        let bytes = std::fs::read(file).expect("a package of the test");
        let version = format!("{version}.0.0").parse().expect("a version");
        Package::new(bytes).name(name(component)).version(version)
    }
}
