//! Which mounts hold a file that the policy has the host run or believe.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};

use super::host_path::leads_to;
use crate::capability::{Capability, GrantSet, HeldMount, Kept};

/// How many links are followed to a file; the system follows no more.
const MOST_LINKS: usize = 40;

/// The first of these files that is in a directory or below it, or to which a link leads that is there.
/// What is in a directory beside a file is not the host's.
pub(super) fn kept_in<'a>(directory: &File, kept: &'a [Kept]) -> Option<&'a Kept> {
    kept.iter().find(|kept| {
        let mut folders = folders_to(&kept.path).into_iter();
        folders.any(|folder| leads_to(&folder, directory))
    })
}

/// The folders in which something decides what a path leads to: those of all links on the way, and the last.
fn folders_to(path: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let mut left: Vec<PathBuf> = path.components().rev().map(|part| part.as_os_str().into()).collect();
    let mut reached = PathBuf::new();
    while let Some(part) = left.pop() {
        let folder = reached.clone();
        reached.push(&part);
        let Ok(to) = fs::read_link(&reached) else { continue };
        if folders.len() == MOST_LINKS {
            break;
        }
        folders.push(folder.clone());
        left.extend(to.components().rev().map(|part| PathBuf::from(part.as_os_str())));
        // What is absolute takes the place of all.
        reached = folder;
    }
    folders.extend(reached.parent().map(Path::to_owned));
    folders
}

/// Has nothing written in the mounts that a file of the policy is in, also by instances that began with them before.
pub(crate) fn hold_kept(set: &mut GrantSet) {
    let writes = |set: &GrantSet| {
        set.granted()
            .any(|granted| *granted.grant.capability() == Capability::FileWrite)
    };
    if set.kept.is_empty() || !writes(set) {
        return;
    }
    let held = set.mounts.iter().filter_map(|mount| {
        // A pipe in its place would have somebody wait.
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = open(&mount.place, flags, Mode::empty()).ok()?;
        let directory = File::from(directory);
        Some(HeldMount {
            guest: mount.guest.clone(),
            kept: kept_in(&directory, &set.kept)?.clone(),
        })
    });
    set.held = held.collect();
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::capability::{Grant, Policy, PolicyGrant, Source};

    #[test]
    fn a_mount_that_holds_a_program_of_the_policy_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let place = |path: &str| folder.path().join(path);
        for path in ["app/bin", "app/data", "links", "switched", "tls"] {
            fs::create_dir_all(place(path)).unwrap();
        }
        fs::write(place("app/bin/tool"), "").unwrap();
        fs::write(place("tls/root.pem"), "").unwrap();
        symlink("../app/bin", place("switched/current")).unwrap();
        symlink("../switched/current/tool", place("links/tool")).unwrap();
        let text = format!(
            "policy-version = 1\n[system-calls.tool]\nprogram = {:?}\n[tls]\nextra-roots = [{:?}]\n",
            place("links/tool"),
            place("tls/root.pem")
        );
        let check = |host: &str, write: &str, expected: Option<&str>| {
            let mut part = PolicyGrant {
                to: "a".into(),
                file_read: vec!["/d/**".into()],
                ..PolicyGrant::default()
            };
            part.mounts = [
                ("/d".to_owned(), place(host)),
                ("/d/inner".to_owned(), place("app/data")),
            ]
            .into();
            let mut set = GrantSet::default();
            Policy::parse(&text)
                .unwrap()
                .with(part)
                .grants_of(&"a".parse().unwrap(), &mut set);
            set.grant(Grant::parse(Capability::FileWrite, write).unwrap(), Source::Operator);
            hold_kept(&mut set);
            let exposed = set.exposed().map(|held| held.kept.reason());
            let found = exposed.as_deref().and_then(|reason| reason.split(',').next());
            assert_eq!(found, expected, "{host} {write}");
            assert_eq!(
                kept_in(&File::open(place(host)).unwrap(), &set.kept).is_some(),
                expected.is_some() || write != "/d/**"
            );
        };
        let program = Some("the program of `[system-calls.tool]`");
        check("app", "/d/**", program);
        check("app/bin", "/d/**", program);
        check("links", "/d/**", program);
        // Whoever exchanges a link on the way has another program run.
        check("switched", "/d/**", program);
        check("tls", "/d/*.txt", Some("a file of `[tls]`"));
        check("app/data", "/d/**", None);
        // Only what is in another mount inside it is written.
        check("app", "/d/inner/**", None);
    }
}
