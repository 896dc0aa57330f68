//! The directory of the keys of this user: whoever else can write there exchanges them as they like.

use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use rustix::fs::FileType;
use rustix::io::Errno;

/// Makes the directory of a key when it is missing, for this user alone; one that others can have made, or can write to,
/// is an error.
pub(crate) fn make_key_folder(key_file: &Path) -> io::Result<()> {
    let folder = folder_of(key_file);
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    check_key_folder(key_file)
}

/// Refuses the directory of a key when others can have made it, or can write to it; one that is missing is nobody's.
pub(crate) fn check_key_folder(key_file: &Path) -> io::Result<()> {
    let folder = folder_of(key_file);
    let owners = [0, rustix::process::geteuid().as_raw()];
    let found = match rustix::fs::lstat(folder) {
        Err(Errno::NOENT) => return Ok(()),
        found => found?,
    };
    // A link of this user's own leads where this user wants.
    let is_link = FileType::from_raw_mode(found.st_mode) == FileType::Symlink;
    let place = match is_link && owners.contains(&found.st_uid) {
        true => rustix::fs::stat(folder)?,
        false => found,
    };
    // Many systems give each user a group, which may then write to all that the user makes.
    let is_own_group = place.st_gid == rustix::process::getegid().as_raw();
    let shared = if is_own_group { 0o002 } else { 0o022 };
    let odd = match FileType::from_raw_mode(place.st_mode) {
        FileType::Symlink => "is a symbolic link of another user",
        FileType::Directory if !owners.contains(&place.st_uid) => "belongs to another user",
        FileType::Directory if place.st_mode & shared != 0 => "can be written by others than its owner",
        FileType::Directory => return Ok(()),
        _ => "is no directory",
    };
    let reason = format!(
        "{}, where the keys of this user are, {odd}: set HOME to a directory of this user's own, name a key file \
         elsewhere, or make this a directory that only its owner can write to",
        folder.display()
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, reason))
}

fn folder_of(key_file: &Path) -> &Path {
    let folder = key_file.parent().filter(|parent| !parent.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;
    use crate::audit::key;

    #[test]
    fn a_directory_that_others_can_have_made_or_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).join("cache.key");
        let refused = |name: &str, part: &str| {
            let error = make_key_folder(&place(name)).unwrap_err().to_string();
            let is_told = error.contains(part) && error.contains(name) && error.contains("HOME");
            assert!(is_told, "{name}: {error}");
            // No key is made there, nor taken from there.
            assert!(
                key::make(&place(name)).is_err() && key::load(&place(name)).is_err(),
                "{name}"
            );
        };
        make_key_folder(&place("new/deep")).unwrap();
        let made = fs::metadata(folder.path().join("new/deep")).unwrap();
        assert_eq!(made.permissions().mode() & 0o777, 0o700);
        symlink("new", folder.path().join("link")).unwrap();
        make_key_folder(&place("link")).unwrap();
        for (name, mode) in [("open", 0o777), ("others", 0o707), ("sticky", 0o1777)] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
            refused(name, "by others");
        }
        fs::create_dir(folder.path().join("group")).unwrap();
        let own_group = Some(rustix::process::getegid().as_raw());
        std::os::unix::fs::chown(folder.path().join("group"), None, own_group).unwrap();
        fs::set_permissions(folder.path().join("group"), fs::Permissions::from_mode(0o770)).unwrap();
        make_key_folder(&place("group")).unwrap();
        // A link that somebody else has made, where this one can make it so.
        let link = folder.path().join("foreign");
        symlink("new", &link).unwrap();
        if std::os::unix::fs::lchown(&link, Some(12_345), None).is_ok() {
            refused("foreign", "symbolic link");
        }
        fs::create_dir(folder.path().join("shown")).unwrap();
        fs::set_permissions(folder.path().join("shown"), fs::Permissions::from_mode(0o755)).unwrap();
        make_key_folder(&place("shown")).unwrap();
        assert!(key::make(&place("shown")).is_ok());
        assert!(key::load(&place("missing")).unwrap().is_none());
    }
}
