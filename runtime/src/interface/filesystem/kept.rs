//! Which mounts hold a file that the policy has the host run or believe.

use std::fs::{self, File};
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};

use super::host_path::leads_to;
use crate::capability::{Capability, GrantSet, HeldMount, Kept};

/// The first of these files that is in a directory or below it, by the path that the policy has and by where its links lead.
/// What is in a directory beside a file is not the host's.
pub(super) fn kept_in<'a>(directory: &File, kept: &'a [Kept]) -> Option<&'a Kept> {
    kept.iter().find(|kept| {
        let resolved = fs::canonicalize(&kept.path).ok();
        let paths = [Some(kept.path.as_path()), resolved.as_deref()];
        let mut folders = paths.into_iter().flatten().filter_map(Path::parent);
        folders.any(|folder| leads_to(folder, directory))
    })
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
        for path in ["app/bin", "app/data", "links", "tls"] {
            fs::create_dir_all(place(path)).unwrap();
        }
        fs::write(place("app/bin/tool"), "").unwrap();
        fs::write(place("tls/root.pem"), "").unwrap();
        symlink("../app/bin/tool", place("links/tool")).unwrap();
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
        check("tls", "/d/*.txt", Some("a file of `[tls]`"));
        check("app/data", "/d/**", None);
        // Only what is in another mount inside it is written.
        check("app", "/d/inner/**", None);
    }
}
