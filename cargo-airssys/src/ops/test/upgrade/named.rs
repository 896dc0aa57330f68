//! What a person means by the release of an upgrade: a file, a version in the store, or a git revision.

use std::path::{Path, PathBuf};

use semver::Version;

use super::revision::{self, Checkout};
use crate::exit::Failure;
use crate::ops::files;
use crate::ops::host;
use crate::ops::project::Project;
use crate::ops::state::StatePlace;
use airssys_wasm::Error;
use airssys_wasm::component::{ComponentName, parse_version};

/// Where a release is looked for.
pub(crate) struct Looker<'a> {
    /// The folder that paths are relative to.
    pub(crate) current: &'a Path,
    /// The state directory.
    pub(crate) place: &'a StatePlace,
    /// The project, when there is one.
    pub(crate) project: Option<&'a Project>,
    /// The component, when it has a name.
    pub(crate) name: Option<&'a ComponentName>,
}

/// A release that was found.
pub(crate) enum Found {
    /// The bytes of a file, or of a release in the store with its version.
    Bytes(Vec<u8>, Option<Version>),
    /// A project as it was, still to be built.
    Revision(Box<Checkout>),
}

/// What was found nowhere.
#[derive(Debug, Default)]
struct Tried {
    /// Where, and what was said there.
    places: Vec<String>,
    /// The versions that there are.
    known: Vec<Version>,
}

/// `FROM..TO` in its two parts; the second is none when it is not said.
/// Dots that stand for a folder do not part anything, nor do those in the name of a file.
pub(crate) fn split(text: &str, current: &Path) -> (String, Option<String>) {
    if current.join(text).is_file() {
        return (text.to_owned(), None);
    }
    let is_folder = |place: usize| {
        let (before, after) = (&text[..place], &text[place + 2..]);
        (before.is_empty() || before.ends_with('/')) && (after.is_empty() || after.starts_with('/'))
    };
    let place = text.match_indices("..").map(|(place, _)| place);
    let place = place.filter(|place| *place > 0).find(|place| !is_folder(*place));
    match place {
        Some(place) => {
            let to = Some(&text[place + 2..]).filter(|to| !to.is_empty());
            (text[..place].to_owned(), to.map(str::to_owned))
        }
        None => (text.to_owned(), None),
    }
}

impl Looker<'_> {
    /// Looks for a release: a file, else a version in the store, else a git revision.
    pub(crate) fn find(&self, text: &str) -> anyhow::Result<Found> {
        let path = self.current.join(text);
        if path.is_file() {
            // As it was written, so that an error says what the person knows.
            return Ok(Found::Bytes(files::read(&named_path(self.current, text))?, None));
        }
        let mut tried = Tried::default();
        tried.places.push("no file".into());
        if let Some(found) = self.stored(text, &mut tried)? {
            return Ok(found);
        }
        match self.project {
            Some(project) => match revision::find(&project.folder, text) {
                Ok(revision) => return Ok(Found::Revision(Box::new(revision.check_out(project)?))),
                Err(reason) => tried.places.push(reason),
            },
            None => tried.places.push("without a project no git revision".into()),
        }
        Err(tried.failure(text, self.name).into())
    }

    /// A version in the store.
    fn stored(&self, text: &str, tried: &mut Tried) -> anyhow::Result<Option<Found>> {
        let Ok(version) = parse_version(text) else {
            tried.places.push("no version".into());
            return Ok(None);
        };
        let Some(name) = self.name else {
            tried.places.push("no version of a component that has a name".into());
            return Ok(None);
        };
        let ask = async |client: &airssys_wasm::control::Client| match client.release_bytes(name, &version).await {
            Ok(bytes) => Ok(Ok(bytes)),
            Err(error @ (Error::UnknownRelease { .. } | Error::ReleaseCollected { .. })) => Ok(Err(error)),
            Err(error) => Err(error),
        };
        let nothing = || {
            Ok(Err(Error::UnknownRelease {
                label: String::new(),
                known: Vec::new(),
            }))
        };
        match host::with_existing(self.place, host::quiet(), ask, nothing)? {
            Ok(bytes) => return Ok(Some(Found::Bytes(bytes, Some(version)))),
            Err(Error::UnknownRelease { known, .. }) => {
                let directory = self.place.directory.display();
                tried.places.push(format!("no version of `{name}` in {directory}"));
                tried.known = known;
            }
            Err(error) => tried.places.push(error.to_string()),
        }
        Ok(None)
    }
}

impl Tried {
    fn failure(self, text: &str, name: Option<&ComponentName>) -> Failure {
        let message = format!("no release is called `{text}`: {}", self.places.join(", "));
        let help = match (&*self.known, name) {
            ([], _) => "name a file, a version that was deployed, or a revision that git knows".to_owned(),
            (known, name) => {
                let known: Vec<String> = known.iter().map(ToString::to_string).collect();
                let name = name.map(|name| format!(" of `{name}`")).unwrap_or_default();
                format!("there are the versions {}{name}", known.join(", "))
            }
        };
        Failure::usage("no-such-release", message, help)
    }
}

/// A path as a person wrote it, where the program is in that folder.
fn named_path(current: &Path, text: &str) -> PathBuf {
    match Path::new(text).is_file() {
        true => text.into(),
        false => current.join(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_dots_part_what_they_do_not_name() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a..b.wasm"), "").unwrap();
        let check = |text: &str, from: &str, to: Option<&str>| {
            let found = split(text, folder.path());
            assert_eq!((found.0.as_str(), found.1.as_deref()), (from, to), "{text}");
        };
        check("0.1.0", "0.1.0", None);
        check("v0.1.0..0.2.0", "v0.1.0", Some("0.2.0"));
        check("HEAD~1..", "HEAD~1", None);
        check("HEAD~1..HEAD", "HEAD~1", Some("HEAD"));
        check("../a.wasm", "../a.wasm", None);
        check("../a.wasm..../b.wasm", "../a.wasm", Some("../b.wasm"));
        check("x/../a.wasm..x/../b.wasm", "x/../a.wasm", Some("x/../b.wasm"));
        check("a..b.wasm", "a..b.wasm", None);
        check("..", "..", None);
    }
}
