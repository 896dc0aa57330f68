//! Makes a project's folder, all of it or nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::named;
use super::template::{Template, Values};
use crate::exit::Failure;
use crate::ops::{artifact, files, project, sdk};
use airssys_wasm::component::ComponentName;

/// What a new project is to be.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Its folder, which must be absent or empty.
    pub(crate) folder: PathBuf,
    /// The component's name.
    pub(crate) name: ComponentName,
    /// What the component does, in a sentence.
    pub(crate) description: String,
    /// What it is made from.
    pub(crate) template: Template,
}

/// A new project.
#[derive(Debug)]
pub(crate) struct Created {
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// The paths of its files, below the folder.
    pub(crate) files: Vec<String>,
}

/// Makes the project: writes it aside, then renames it.
pub(crate) fn create(plan: &Plan) -> anyhow::Result<Created> {
    named::check(&plan.name)?;
    let folder = std::path::absolute(&plan.folder)?;
    if !files::is_free(&folder) {
        let message = format!("{} exists already and is not an empty folder", folder.display());
        let help = "choose another path; nothing was written";
        return Err(Failure::usage("exists", message, help).into());
    }
    let rendered = plan.template.render(&values(plan, &folder))?;
    let files = write(&folder, &rendered);
    let files = files.with_context(|| format!("the project {} could not be made", folder.display()))?;
    Ok(Created { folder, files })
}

fn values(plan: &Plan, folder: &Path) -> Values {
    let description = plan.description.split_whitespace().collect::<Vec<_>>().join(" ");
    let surrounding = folder.parent().and_then(project::workspace_around);
    Values {
        name: plan.name.to_string(),
        package: plan.name.base().to_owned(),
        file: artifact::stem(&plan.name),
        description: toml_edit::Value::from(description.as_str()).to_string(),
        quoted: serde_json::Value::from(description.as_str()).to_string(),
        summary: description,
        sdk_version: env!("CARGO_PKG_VERSION"),
        nested: surrounding.is_some(),
        pad: " ".repeat(14_usize.saturating_sub(plan.name.as_str().len())),
    }
}

/// Returns the paths of the files, also of those that no template has.
fn write(folder: &Path, rendered: &BTreeMap<String, Vec<u8>>) -> anyhow::Result<Vec<String>> {
    let parent = folder.parent().context("it has no parent folder")?;
    fs::create_dir_all(parent)?;
    let aside = tempfile::Builder::new().prefix(".airssys-init-").tempdir_in(parent)?;
    let fresh = aside.path().join("fresh");
    for (path, content) in rendered {
        let path = fresh.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&fresh))?;
        fs::write(path, content)?;
    }
    sdk::provide(&fresh)?;
    let files = files::below(&fresh)?;
    // An empty folder is replaced by the rename; where it is the current one, its files are moved instead.
    if folder.exists() && std::env::current_dir().is_ok_and(|current| current == folder) {
        for entry in fs::read_dir(&fresh)? {
            let entry = entry?;
            fs::rename(entry.path(), folder.join(entry.file_name()))?;
        }
        return Ok(files);
    }
    fs::rename(&fresh, folder)?;
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::scaffold::templates;

    fn plan(folder: PathBuf) -> Plan {
        Plan {
            folder,
            name: "hello".parse().unwrap(),
            description: "Greets\n\"all\".".into(),
            template: templates().unwrap().remove(0),
        }
    }

    #[test]
    fn an_existing_folder_is_refused_and_kept() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("hello");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("mine"), "mine").unwrap();
        let error = create(&plan(folder.clone())).unwrap_err();
        assert!(error.to_string().contains("exists already"), "{error}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1, "nothing is left aside");
    }
}
