//! What is seen of a file or directory without opening it.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, FileType, RawMode, Stat, statat};
use rustix::io::Errno;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorStat, DescriptorType};

use super::host_path::Identity;
use crate::interface::clocks::RESOLUTION;

/// What the system says of a file or directory at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) kind: FileType,
    pub(super) identity: Identity,
    pub(super) links: u64,
    pub(super) size: u64,
    /// Whether it is a file that somebody may run.
    pub(super) is_program: bool,
    /// Whether another file system may begin here.
    pub(super) is_mount: bool,
    accessed: Option<Datetime>,
    modified: Option<Datetime>,
    /// As wasmtime-wasi has it in the place of the last change of the status.
    created: Option<Datetime>,
}

impl Seen {
    /// Looks at one name in a directory, and follows no link.
    #[cfg(target_os = "linux")]
    pub(super) fn at(directory: impl AsFd, name: &str) -> Result<Self, Errno> {
        use rustix::fs::{StatxFlags, statx};

        let directory = directory.as_fd();
        let fields = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
        match statx(directory, name, AtFlags::SYMLINK_NOFOLLOW, fields) {
            Ok(stat) => Ok(Self::of_statx(&stat)),
            // Not every kernel and sandbox has the call.
            Err(Errno::NOSYS | Errno::PERM) => Self::at_by_stat(directory, name),
            Err(errno) => Err(errno),
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn at(directory: impl AsFd, name: &str) -> Result<Self, Errno> {
        Self::at_by_stat(directory, name)
    }

    fn at_by_stat(directory: impl AsFd, name: &str) -> Result<Self, Errno> {
        statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).map(|stat| Self::of(&stat))
    }

    #[cfg(target_os = "linux")]
    fn of_statx(stat: &rustix::fs::Statx) -> Self {
        use rustix::fs::StatxFlags;

        let time = |flag: StatxFlags, time: &rustix::fs::StatxTimestamp| {
            let is_there = stat.stx_mask & flag.bits() != 0;
            is_there.then(|| datetime(time.tv_sec, time.tv_nsec.into())).flatten()
        };
        Self {
            kind: FileType::from_raw_mode(stat.stx_mode.into()),
            identity: Identity::of_statx(stat),
            links: stat.stx_nlink.into(),
            size: stat.stx_size,
            is_program: is_program(stat.stx_mode.into()),
            is_mount: is_mount(stat),
            accessed: time(StatxFlags::ATIME, &stat.stx_atime),
            modified: time(StatxFlags::MTIME, &stat.stx_mtime),
            created: time(StatxFlags::BTIME, &stat.stx_btime),
        }
    }

    #[allow(
        clippy::unnecessary_cast,
        clippy::useless_conversion,
        clippy::cast_lossless,
        reason = "systems disagree on the types"
    )]
    fn of(stat: &Stat) -> Self {
        Self {
            kind: FileType::from_raw_mode(stat.st_mode),
            identity: Identity::of(stat),
            links: stat.st_nlink as u64,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            is_program: is_program(stat.st_mode),
            // Nothing says that it does not.
            is_mount: true,
            accessed: datetime(stat.st_atime as i64, stat.st_atime_nsec as u64),
            modified: datetime(stat.st_mtime as i64, stat.st_mtime_nsec as u64),
            created: None,
        }
    }

    /// The same as guests are told it.
    pub(super) fn to_guest(self) -> DescriptorStat {
        DescriptorStat {
            type_: match self.kind {
                FileType::Directory => DescriptorType::Directory,
                FileType::Symlink => DescriptorType::SymbolicLink,
                FileType::RegularFile => DescriptorType::RegularFile,
                FileType::BlockDevice => DescriptorType::BlockDevice,
                FileType::CharacterDevice => DescriptorType::CharacterDevice,
                _ => DescriptorType::Unknown,
            },
            link_count: self.links,
            size: match self.kind {
                // How long the path is that it leads to is not the guest's business.
                FileType::Symlink => 0,
                _ => self.size,
            },
            data_access_timestamp: self.accessed,
            data_modification_timestamp: self.modified,
            status_change_timestamp: self.created,
        }
    }
}

/// Whether a mode is that of a file that its owner, its group or others may run.
pub(super) fn is_program(mode: RawMode) -> bool {
    FileType::from_raw_mode(mode) == FileType::RegularFile && mode & 0o111 != 0
}

/// Whether a mount begins here, as far as the kernel says so.
#[cfg(target_os = "linux")]
fn is_mount(stat: &rustix::fs::Statx) -> bool {
    use rustix::fs::StatxAttributes;

    let root = StatxAttributes::MOUNT_ROOT;
    !stat.stx_attributes_mask.contains(root) || stat.stx_attributes.contains(root)
}

/// A moment by the seconds since 1970; none for one before, which guests cannot be told.
fn datetime(seconds: i64, nanoseconds: u64) -> Option<Datetime> {
    Some(coarse(Datetime {
        seconds: seconds.try_into().ok()?,
        nanoseconds: nanoseconds.try_into().ok()?,
    }))
}

/// A moment as coarse as the clocks of guests: a file that is written would be a finer one.
fn coarse(moment: Datetime) -> Datetime {
    let step = u32::try_from(RESOLUTION.as_nanos()).unwrap_or(1);
    Datetime {
        nanoseconds: moment.nanoseconds - moment.nanoseconds % step,
        ..moment
    }
}

/// The same as wasmtime-wasi tells it of something open.
pub(super) fn coarsened(stat: DescriptorStat) -> DescriptorStat {
    DescriptorStat {
        data_access_timestamp: stat.data_access_timestamp.map(coarse),
        data_modification_timestamp: stat.data_modification_timestamp.map(coarse),
        status_change_timestamp: stat.status_change_timestamp.map(coarse),
        ..stat
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::MetadataExt;

    use super::*;

    type Look = fn(&File, &str) -> Result<Seen, Errno>;

    #[test]
    fn both_ways_of_looking_see_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("f"), "abc").unwrap();
        fs::hard_link(folder.path().join("f"), folder.path().join("g")).unwrap();
        std::os::unix::fs::symlink("f", folder.path().join("l")).unwrap();
        let directory = File::open(folder.path()).unwrap();
        let looks: [Look; 2] = [
            |directory, name| Seen::at(directory, name),
            |directory, name| Seen::at_by_stat(directory, name),
        ];
        for look in looks {
            let found = fs::metadata(folder.path().join("f")).unwrap();
            let seen = look(&directory, "f").unwrap();
            assert_eq!((seen.kind, seen.links, seen.size), (FileType::RegularFile, 2, 3));
            assert_eq!(
                seen.identity,
                Identity::of(&rustix::fs::stat(folder.path().join("f")).unwrap())
            );
            let stat = seen.to_guest();
            let modified = stat.data_modification_timestamp.unwrap();
            let expected = (
                u64::try_from(found.mtime()).unwrap(),
                u32::try_from(found.mtime_nsec()).unwrap() / 100_000 * 100_000,
            );
            assert_eq!((modified.seconds, modified.nanoseconds), expected);
            let link = look(&directory, "l").unwrap().to_guest();
            assert_eq!((link.type_, link.size), (DescriptorType::SymbolicLink, 0));
            assert_eq!(look(&directory, "n").unwrap_err(), Errno::NOENT);
        }
    }
}
