//! The worlds that a person has written, read from a folder of WIT.

use std::path::{Path, PathBuf};
use std::{fs, io};

use wit_parser::{Resolve, WorldId};

use crate::bounded;
use crate::exit::{Exit, Failure};

/// Reads the package in `folder` with its `deps`, and chooses a world: the named one, or the only one.
pub(crate) fn world(folder: &Path, name: Option<&str>) -> Result<(Resolve, WorldId), Failure> {
    let shown = folder.display();
    if !folder.exists() {
        let message = format!("there is no folder {shown}");
        let help = "name the folder of the WIT with `--wit DIR`; it has the world, and what the world uses in `deps`";
        return Err(Failure::usage("invalid-wit", message, help));
    }
    check(folder).map_err(|(path, error)| {
        let message = format!("{} cannot be read: {error}", path.display());
        Failure::usage(
            "invalid-wit",
            message,
            "the WIT is regular files of a size that a person writes",
        )
    })?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(folder).map_err(|error| {
        let help = "correct what it says; what the world uses has to be in the folder `deps` of the WIT";
        let place = place(&resolve.render_error(&error));
        unusable(format!("{shown} cannot be read{place}"), &error, help)
    })?;
    let world = resolve.select_world(&[package], name).map_err(|error| {
        let names: Vec<&str> = resolve.packages[package].worlds.keys().map(String::as_str).collect();
        let help = match names.as_slice() {
            [] => "write a world into it, for example `world component { … }`".to_owned(),
            names => format!("choose a world with `--world NAME`; there are: {}", names.join(", ")),
        };
        unusable(format!("no world of {shown} was chosen"), &error, &help)
    })?;
    Ok((resolve, world))
}

/// Refuses files that the parser would read to their end and that have none: of the folder, and of each package in `deps`.
fn check(folder: &Path) -> Result<(), (PathBuf, io::Error)> {
    let inside = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let mut found = inside(folder);
    let packages = inside(&folder.join("deps"));
    found.extend(packages.iter().flat_map(|package| inside(package)));
    found.extend(packages);
    found.push(folder.to_owned());
    for path in found.into_iter().filter(|path| !path.is_dir()) {
        let most = match path.extension().and_then(|ending| ending.to_str()) {
            Some("wit") => bounded::MAX_TEXT,
            Some("wasm" | "wat") => bounded::MAX_COMPONENT,
            _ if path == *folder => bounded::MAX_COMPONENT,
            _ => continue,
        };
        bounded::check(&path, most).map_err(|error| (path, error))?;
    }
    Ok(())
}

/// Where a mistake is, as the parser shows it; empty when it is nowhere.
fn place(rendered: &str) -> String {
    let shown = rendered.lines().find_map(|line| line.trim().strip_prefix("--> "));
    shown.map(|place| format!(", at {place}")).unwrap_or_default()
}

fn unusable(what: String, error: &anyhow::Error, help: &str) -> Failure {
    let reason = error.root_cause().to_string();
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    Failure::new(Exit::Usage, "invalid-wit", format!("{what}: {reason}"), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, name: Option<&str>) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("world.wit"), text).unwrap();
        let failure = world(folder.path(), name).unwrap_err();
        assert_eq!(failure.code, "invalid-wit");
        (failure.message, failure.help)
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        let (message, _) = refused("package a:b;\nworld x { exprt y; }\n", None);
        assert!(message.contains("world.wit:2:"), "{message}");
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("deps/b")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.path().join("deps/b/b.wit")).unwrap();
        let failure = world(folder.path(), None).unwrap_err();
        assert!(
            failure.message.contains("b.wit cannot be read: it is no regular file"),
            "{}",
            failure.message
        );
        let failure = world(Path::new("/nowhere/wit"), None).unwrap_err();
        assert!(failure.help.contains("--wit DIR"), "{}", failure.help);
    }

    #[test]
    fn one_of_several_worlds_has_to_be_chosen() {
        let two = "package a:b;\nworld x {}\nworld y {}\n";
        assert!(refused(two, None).1.ends_with("there are: x, y"));
        assert!(refused(two, Some("z")).1.ends_with("there are: x, y"));
        assert!(refused("package a:b;\n", None).1.starts_with("write a world"));
    }
}
