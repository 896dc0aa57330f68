//! How a path becomes a place on this machine: from a handle, by single names, through no link.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::{Component, Path};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, openat, statat};
use rustix::io::Errno;
use rustix::path::Arg;

use super::host_path::{FileSystem, Identity, kind_of};
use super::seen::Seen;

/// Opens a directory to go through it.
#[cfg(target_os = "linux")]
const THROUGH: OFlags = OFlags::PATH.union(ONLY_DIRECTORIES);
#[cfg(not(target_os = "linux"))]
const THROUGH: OFlags = ONLY_DIRECTORIES;

/// Opens a directory to read it.
const READ: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

const ONLY_DIRECTORIES: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Where a path is: the directory that it is in, and what has its name there.
pub(super) struct Spot {
    /// A handle of the directory.
    pub(super) parent: Arc<File>,
    /// What is there now; a program of this machine may change it at any time.
    pub(super) seen: Option<Seen>,
}

/// Why a path is no place that a guest may come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Astray {
    /// A link is on the way, or is what is named and has to be followed.
    Link,
    /// It is neither a file nor a directory.
    Special,
    /// It is the state directory of this host.
    Own,
    /// It is a program, and what is granted spares those.
    Program,
    /// The system says so.
    System(Errno),
}

impl From<Errno> for Astray {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::LOOP => Self::Link,
            errno => Self::System(errno),
        }
    }
}

/// The directories on the way of a normalised path that is relative to a directory, and the one name behind them; `.`
/// for the directory itself, whose path is empty.
pub(super) fn split(path: &str) -> (Option<&str>, &str) {
    match path.rsplit_once('/') {
        Some((way, name)) => (Some(way), name),
        None => (None, if path.is_empty() { "." } else { path }),
    }
}

/// Finds such a path.
/// Nothing is opened but the directories on the way, and no link is followed.
pub(super) fn find(base: &Arc<File>, path: &str, own: Option<Identity>) -> Result<Spot, Astray> {
    let (way, name) = split(path);
    let parent = match way {
        Some(way) => Arc::new(directory(base, way, own)?),
        None => base.clone(),
    };
    let seen = look(&parent, name, own)?;
    Ok(Spot { parent, seen })
}

/// Opens the directory at an absolute path, to read it; what is a link on the way or at the end is not followed.
#[cfg(target_os = "linux")]
pub(super) fn straight(path: &Path) -> Result<File, Astray> {
    use rustix::fs::{ResolveFlags, openat2};

    const NO_LINKS: ResolveFlags = ResolveFlags::NO_SYMLINKS.union(ResolveFlags::NO_MAGICLINKS);
    match openat2(CWD, path, READ, Mode::empty(), NO_LINKS) {
        Ok(opened) => Ok(opened.into()),
        Err(Errno::AGAIN | Errno::NOSYS | Errno::PERM) => straight_by_steps(path),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn straight(path: &Path) -> Result<File, Astray> {
    straight_by_steps(path)
}

fn straight_by_steps(path: &Path) -> Result<File, Astray> {
    let root = File::from(openat(CWD, "/", READ, Mode::empty())?);
    let mut names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name),
        Component::ParentDir => Some("..".as_ref()),
        _ => None,
    });
    let Some(first) = names.next() else { return Ok(root) };
    let reached = steps(&root, std::iter::once(first).chain(names), None)?;
    // What was gone through cannot be read on every system.
    Ok(openat(&reached, ".", READ, Mode::empty())?.into())
}

/// What has this name in a directory.
fn look(parent: &File, name: &str, own: Option<Identity>) -> Result<Option<Seen>, Astray> {
    match Seen::at(parent, name) {
        Ok(seen) => not_own(seen.identity, own).map(|()| Some(seen)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

fn not_own(identity: Identity, own: Option<Identity>) -> Result<(), Astray> {
    match own == Some(identity) {
        true => Err(Astray::Own),
        false => Ok(()),
    }
}

/// Refuses what is on a file system that shows the system itself.
pub(super) fn not_system(opened: &File) -> Result<(), Astray> {
    match kind_of(opened)? {
        FileSystem::System => Err(Astray::Special),
        _ => Ok(()),
    }
}

/// Opens the directory at the end of a way.
#[cfg(target_os = "linux")]
fn directory(base: &File, way: &str, own: Option<Identity>) -> Result<File, Astray> {
    use rustix::fs::{ResolveFlags, openat2};

    const BENEATH: ResolveFlags = ResolveFlags::BENEATH
        .union(ResolveFlags::NO_SYMLINKS)
        .union(ResolveFlags::NO_MAGICLINKS)
        .union(ResolveFlags::NO_XDEV);
    // With NOFOLLOW a link at the end would be opened itself, and not told from what else is no directory.
    let through = THROUGH.difference(OFlags::NOFOLLOW);
    match openat2(base, way, through, Mode::empty(), BENEATH) {
        Ok(opened) => {
            not_own(Identity::of(&fstat(&opened)?), own)?;
            Ok(opened.into())
        }
        // Another file system is mounted on the way, where this host's own directory could be as well, so each one is
        // looked at; EAGAIN is a rename on the way; and not every kernel and sandbox has the call.
        Err(Errno::XDEV | Errno::AGAIN | Errno::NOSYS | Errno::PERM) => step_by_step(base, way, own),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn directory(base: &File, way: &str, own: Option<Identity>) -> Result<File, Astray> {
    step_by_step(base, way, own)
}

/// The same one directory after the other; each name is resolved in a handle, so that nothing can change under it.
fn step_by_step(base: &File, way: &str, own: Option<Identity>) -> Result<File, Astray> {
    steps(base, way.split('/'), own)
}

fn steps<N: Arg + Copy>(base: &File, names: impl Iterator<Item = N>, own: Option<Identity>) -> Result<File, Astray> {
    let mut reached: Option<File> = None;
    for name in names {
        let at = reached.as_ref().unwrap_or(base).as_fd();
        let opened = match openat(at, name, THROUGH, Mode::empty()) {
            // A link is no directory either, and is told apart so that it is recorded.
            Err(Errno::NOTDIR | Errno::MLINK) => {
                let stat = statat(at, name, AtFlags::SYMLINK_NOFOLLOW)?;
                return Err(match FileType::from_raw_mode(stat.st_mode) {
                    FileType::Symlink => Astray::Link,
                    _ => Astray::System(Errno::NOTDIR),
                });
            }
            opened => File::from(opened?),
        };
        not_own(Identity::of(&fstat(&opened)?), own)?;
        // Another file system may be mounted here, such as a `proc` in what is the root of a container.
        not_system(&opened)?;
        reached = Some(opened);
    }
    reached.ok_or(Astray::System(Errno::NOENT))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    type Walk = fn(&File, &str, Option<Identity>) -> Result<File, Astray>;

    /// Both ways of walking.
    const WAYS: [Walk; 2] = [directory, step_by_step];

    #[test]
    fn no_link_is_followed_on_the_way() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/f"), "").unwrap();
        symlink("b", folder.path().join("a/to-b")).unwrap();
        symlink("/", folder.path().join("a/to-root")).unwrap();
        symlink("self", folder.path().join("a/self")).unwrap();
        let base = File::open(folder.path()).unwrap();
        for walk in WAYS {
            let way = |way| walk(&base, way, None).map(drop);
            assert_eq!(way("a/b"), Ok(()));
            assert_eq!(way("a/c"), Err(Astray::System(Errno::NOENT)));
            assert_eq!(way("a/f"), Err(Astray::System(Errno::NOTDIR)));
            for link in ["a/to-b", "a/to-root", "a/self", "a/to-root/etc", "a/to-b/x"] {
                assert_eq!(way(link), Err(Astray::Link), "{link}");
            }
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_shows_the_system_is_not_entered_wherever_it_is_mounted() {
        let root = Arc::new(File::open("/").unwrap());
        for path in ["proc/version", "proc/sys/kernel"] {
            assert_eq!(find(&root, path, None).err(), Some(Astray::Special), "{path}");
        }
        assert!(Seen::at(&root, "proc").unwrap().is_mount && !Seen::at(&root, "etc/passwd").unwrap().is_mount);
        assert_eq!(not_system(&File::open("/proc").unwrap()), Err(Astray::Special));
        assert_eq!(not_system(&root), Ok(()));
    }

    #[test]
    fn a_path_is_straight_when_nothing_of_it_is_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/f"), "").unwrap();
        symlink("a", root.join("link")).unwrap();
        for open in [straight, straight_by_steps] {
            let opened = |path: &str| open(&root.join(path)).map(|file| Identity::of_file(&file).unwrap());
            assert_eq!(opened("a/b").ok(), Identity::at(&root.join("a/b")));
            assert_eq!(opened("/").ok(), Identity::at(Path::new("/")));
            assert_eq!(opened("link"), Err(Astray::Link));
            assert_eq!(opened("link/b"), Err(Astray::Link));
            assert_eq!(opened("a/f"), Err(Astray::System(Errno::NOTDIR)));
            assert_eq!(opened("a/c"), Err(Astray::System(Errno::NOENT)));
            let refused = open(Path::new("/proc/self/root")).map(drop).unwrap_err();
            assert!(matches!(refused, Astray::Link | Astray::Special), "{refused:?}");
        }
    }

    #[test]
    fn magic_links_are_links() {
        let proc = File::open("/proc").unwrap();
        for walk in WAYS {
            assert_eq!(walk(&proc, "self/root", None).map(drop), Err(Astray::Link));
        }
    }

    #[test]
    fn the_own_directory_is_not_entered() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/own/blobs")).unwrap();
        let own = Identity::of(&fstat(File::open(folder.path().join("a/own")).unwrap()).unwrap());
        let base = Arc::new(File::open(folder.path()).unwrap());
        for walk in WAYS {
            assert_eq!(walk(&base, "a/own", Some(own)).map(drop), Err(Astray::Own));
        }
        assert_eq!(
            step_by_step(&base, "a/own/blobs", Some(own)).map(drop),
            Err(Astray::Own)
        );
        assert_eq!(find(&base, "a/own", Some(own)).map(drop), Err(Astray::Own));
        assert!(find(&base, "a", Some(own)).is_ok());
    }

    #[test]
    fn what_is_named_is_told_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("f"), "").unwrap();
        symlink("f", folder.path().join("l")).unwrap();
        let base = Arc::new(File::open(folder.path()).unwrap());
        let found = |path| find(&base, path, None).unwrap().seen.map(|seen| seen.kind);
        assert_eq!(found("f"), Some(FileType::RegularFile));
        assert_eq!(found("l"), Some(FileType::Symlink));
        assert_eq!(found("n"), None);
        assert_eq!(found(""), Some(FileType::Directory));
    }
}
