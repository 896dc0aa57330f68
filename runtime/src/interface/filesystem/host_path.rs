//! Directories of this machine: which they are, what is above them, and which no guest may come to.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, Stat, fstat, openat};
use rustix::io::Errno;

use super::bounds::MAX_DEPTH;
use crate::interface::Own;
use crate::usage::FileId;

/// Which file or directory it is, whatever its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    number: u64,
}

/// Directories that show the system itself instead of files.
const SYSTEM: [&str; 3] = ["/proc", "/sys", "/dev"];

impl From<Identity> for FileId {
    fn from(identity: Identity) -> Self {
        (identity.device, identity.number)
    }
}

impl Identity {
    #[allow(
        clippy::unnecessary_cast,
        clippy::cast_sign_loss,
        reason = "systems disagree on the types"
    )]
    pub(super) fn of(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev as u64,
            number: stat.st_ino as u64,
        }
    }

    pub(super) fn of_file(file: &File) -> Result<Self, Errno> {
        fstat(file).map(|stat| Self::of(&stat))
    }

    #[cfg(target_os = "linux")]
    pub(super) fn of_statx(stat: &rustix::fs::Statx) -> Self {
        Self {
            device: rustix::fs::makedev(stat.stx_dev_major, stat.stx_dev_minor),
            number: stat.stx_ino,
        }
    }

    /// That of the directory at this path; none when there is none.
    pub(super) fn at(path: &Path) -> Option<Self> {
        let directory = open_path(path).ok()?;
        fstat(&directory).ok().map(|stat| Self::of(&stat))
    }
}

fn open_path(path: &Path) -> Result<File, Errno> {
    openat(
        CWD,
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map(File::from)
}

/// A directory and those above it, as their handles say it.
fn upwards(directory: &File) -> Result<Vec<Identity>, Errno> {
    let mut all = vec![Identity::of(&fstat(directory)?)];
    let mut above: Option<File> = None;
    while all.len() < MAX_DEPTH {
        let from = above.as_ref().unwrap_or(directory).as_fd();
        let next = openat(
            from,
            "..",
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let identity = Identity::of(&fstat(&next)?);
        if all.last() == Some(&identity) {
            return Ok(all);
        }
        all.push(identity);
        above = Some(next.into());
    }
    Err(Errno::NAMETOOLONG)
}

/// Whether a directory is this one, or in it.
pub(super) fn leads_to(path: &Path, directory: &File) -> bool {
    let Ok(this) = Identity::of_file(directory) else {
        return false;
    };
    open_path(path)
        .and_then(|opened| upwards(&opened))
        .is_ok_and(|above| above.contains(&this))
}

/// Why guests may not have this directory, where there is a reason.
pub(super) fn unsuitable(directory: &File, own: &Own) -> Result<Option<&'static str>, Errno> {
    let state_dir = own.state_dir.as_deref();
    let state_dir = state_dir.map(|path| (path, "it is, contains or is in the state directory of this host"));
    let system = SYSTEM.map(|path| (Path::new(path), "it is, contains or is in `/proc`, `/sys` or `/dev`"));
    let above = upwards(directory)?;
    let Some(this) = above.first() else { return Ok(None) };
    for (path, reason) in state_dir.into_iter().chain(system) {
        let Ok(kept) = open_path(path) else { continue };
        let above_kept = upwards(&kept)?;
        let is_in = above_kept.first().is_some_and(|kept| above.contains(kept));
        if is_in || above_kept.contains(this) {
            return Ok(Some(reason));
        }
    }
    // What is beside them is not the host's.
    let key = "the key by which this host knows its compiled code and its grants is in it";
    let keys = own.key_dir.iter().map(|directory| (directory, key));
    let policy = "the policy file of this host is in it";
    let policies = own.policy_dirs.iter().map(|directory| (directory, policy));
    for (path, reason) in keys.chain(policies) {
        if let Ok(kept) = open_path(path)
            && upwards(&kept)?.contains(this)
        {
            return Ok(Some(reason));
        }
    }
    Ok(kind_of(directory)?.unsuitable())
}

/// What kind of file system a directory is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileSystem {
    /// A disk or memory of this machine: it answers at once, or the whole machine waits.
    Local,
    /// It is answered by another machine or program, which may take its time.
    Remote,
    /// It shows the system itself.
    System,
}

impl FileSystem {
    fn unsuitable(self) -> Option<&'static str> {
        (self == Self::System).then_some("it shows the system itself instead of files")
    }
}

/// The numbers are those of `statfs(2)` and the kernel's `magic.h`.
#[cfg(target_os = "linux")]
pub(super) fn kind_of(directory: &File) -> Result<FileSystem, Errno> {
    const SYSTEM: [u64; 22] = [
        0x9fa0,      // proc
        0x6265_6572, // sysfs
        0x1cd1,      // devpts
        0x0027_e0eb, // cgroup
        0x6367_7270, // cgroup2
        0x6462_6720, // debugfs
        0x7472_6163, // tracefs
        0x7363_6673, // securityfs
        0xcafe_4a11, // bpf
        0x6265_6570, // configfs
        0x6e73_6673, // nsfs
        0xde5e_81e4, // efivarfs
        0x4249_4e4d, // binfmt_misc
        0x1980_0202, // mqueue
        0xf97c_ff8c, // selinuxfs
        0x4341_5d53, // smackfs
        0x6165_676c, // pstore
        0x6573_5543, // fusectl
        0x9584_58f6, // hugetlbfs
        0x6e66_7364, // nfsd
        0x6759_6969, // rpc_pipefs
        0x0765_5821, // resctrl
    ];
    const REMOTE: [u64; 10] = [
        0x6969,      // nfs
        0x517b,      // smb
        0xfe53_4d42, // smb2
        0xff53_4d42, // cifs
        0x6573_5546, // fuse
        0x0102_1997, // 9p
        0x00c3_6400, // ceph
        0x5346_414f, // afs
        0x7375_7245, // coda
        0x0bd0_0bd0, // lustre
    ];
    let kind = rustix::fs::fstatfs(directory)?.f_type;
    // The field is signed and as wide as the machine's words; a kind has 32 bits.
    #[allow(
        clippy::cast_sign_loss,
        clippy::unnecessary_cast,
        reason = "machines disagree on the type"
    )]
    let kind = kind as u64 & 0xffff_ffff;
    Ok(match kind {
        kind if SYSTEM.contains(&kind) => FileSystem::System,
        kind if REMOTE.contains(&kind) => FileSystem::Remote,
        _ => FileSystem::Local,
    })
}

/// Nothing tells them apart here, so no thread that runs guests is made to wait.
#[cfg(not(target_os = "linux"))]
pub(super) fn kind_of(_: &File) -> Result<FileSystem, Errno> {
    Ok(FileSystem::Remote)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_the_hosts_own_is_unsuitable() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("a/own");
        fs::create_dir_all(own.join("blobs")).unwrap();
        fs::create_dir(folder.path().join("a/other")).unwrap();
        let check = |path: &Path, expected| {
            let own = Own {
                state_dir: Some(own.clone()),
                key_dir: Some(folder.path().join("a/keys")),
                policy_dirs: vec![folder.path().join("policies/deep")],
            };
            let reason = unsuitable(&File::open(path).unwrap(), &own).unwrap();
            assert_eq!(reason.is_some(), expected, "{}", path.display());
        };
        fs::create_dir_all(folder.path().join("a/keys/beside")).unwrap();
        check(&folder.path().join("a/keys"), true);
        check(&folder.path().join("a/keys/beside"), false);
        fs::create_dir_all(folder.path().join("policies/deep/data")).unwrap();
        check(&folder.path().join("policies"), true);
        check(&folder.path().join("policies/deep"), true);
        check(&folder.path().join("policies/deep/data"), false);
        check(&own, true);
        check(&own.join("blobs"), true);
        check(&folder.path().join("a"), true);
        check(Path::new("/"), true);
        check(Path::new("/proc"), true);
        check(Path::new("/proc/self"), true);
        check(Path::new("/dev"), true);
        check(&folder.path().join("a/other"), false);
    }
}
