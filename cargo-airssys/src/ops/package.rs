//! From a file to a package: the name a bare file is deployed under.

use std::path::{Path, PathBuf};

use semver::Version;
use serde_json::{Map, Value};

use super::{files, scaffold};
use crate::exit::Failure;
use airssys_wasm::component::{ComponentName, Package, inspect};

/// What a person says of a file beside the file itself.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The component's name.
    pub(crate) name: Option<ComponentName>,
    /// The release's version.
    pub(crate) version: Option<Version>,
    /// The configuration.
    pub(crate) config: Option<Map<String, Value>>,
}

/// Packages a file; without a name, its manifest's name counts, then the file's.
pub(crate) fn of_file(path: &Path, mut said: Said) -> anyhow::Result<Package> {
    let bytes = files::read(path)?;
    if said.name.is_none() {
        let manifest = inspect(&bytes)?.manifest;
        said.name = match manifest.and_then(|manifest| manifest.component.name) {
            Some(name) => Some(name),
            None => Some(of_stem(path)?),
        };
    }
    Ok(of_bytes(bytes, said))
}

/// Packages bytes that carry their own manifest.
pub(crate) fn of_bytes(bytes: Vec<u8>, said: Said) -> Package {
    let mut package = Package::new(bytes);
    if let Some(name) = said.name {
        package = package.name(name);
    }
    if let Some(version) = said.version {
        package = package.version(version);
    }
    if let Some(config) = said.config {
        package = package.config(config);
    }
    package
}

fn of_stem(path: &Path) -> Result<ComponentName, Failure> {
    let stem: PathBuf = path.file_stem().unwrap_or_default().into();
    scaffold::suggested(&stem).ok_or_else(|| {
        let message = format!("no component name can be made of the file name {}", path.display());
        Failure::usage("invalid-name", message, "name the component with `--name NAME`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_file_is_called_like_the_file() {
        let check = |path: &str, name: &str| assert_eq!(of_stem(Path::new(path)).unwrap().as_str(), name);
        check("my-component.wasm", "my-component");
        check("target/wasm32-wasip2/release/my_component.wasm", "my-component");
        assert!(of_stem(Path::new("1.wasm")).is_err());
    }
}
