//! What path a guest names, before anything on this machine is looked at.

use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

use super::bounds::MAX_NAME;
use crate::capability::MAX_PATH;

/// A path that a guest has named, normalised.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The absolute guest path.
    pub(super) path: String,
    /// Whether it was written as one of a directory: with a `/` or a `.` at its end.
    pub(super) is_directory: bool,
}

/// A text that names no path below its directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Misnamed {
    /// It is no path at all.
    Unusable(ErrorCode),
    /// It leaves the directory, to this absolute guest path or by way of it.
    Leaves(String),
}

/// Reads a path that is relative to a guest directory.
/// `..` is taken away with what is before it; that may be a link, and then this is not where the link leads.
pub(super) fn named(directory: &str, text: &str) -> Result<Named, Misnamed> {
    let unusable = |code| Err(Misnamed::Unusable(code));
    if text.is_empty() {
        return unusable(ErrorCode::NoEntry);
    }
    let has_long = text.len() > MAX_NAME && text.split('/').any(|part| part.len() > MAX_NAME);
    if text.len() > MAX_PATH || has_long {
        return unusable(ErrorCode::NameTooLong);
    }
    if text.contains('\0') {
        return unusable(ErrorCode::Invalid);
    }
    let mut path = String::with_capacity(directory.len() + 1 + text.len());
    // How many components it has below the directory, as long as it does not leave it.
    let mut depth: usize = 0;
    let mut leaves = text.starts_with('/');
    if !leaves {
        path.push_str(directory.trim_end_matches('/'));
    }
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                // It is denied even when the rest of it comes back.
                leaves |= depth == 0;
                depth = depth.saturating_sub(1);
                path.truncate(path.rfind('/').unwrap_or(0));
            }
            part => {
                depth += 1;
                path.push('/');
                path.push_str(part);
            }
        }
    }
    if path.is_empty() {
        path.push('/');
    }
    if leaves {
        return Err(Misnamed::Leaves(path));
    }
    if path.len() > MAX_PATH {
        return unusable(ErrorCode::NameTooLong);
    }
    Ok(Named {
        path,
        is_directory: text.ends_with('/') || matches!(text.rsplit('/').next(), Some("." | "..")),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::capability::{is_normalised, is_within};

    #[test]
    fn paths_are_normalised_below_their_directory() {
        let check = |text, path: &str, is_directory| {
            let path = path.to_owned();
            assert_eq!(named("/data", text), Ok(Named { path, is_directory }), "{text}");
        };
        check("a", "/data/a", false);
        check("a/", "/data/a", true);
        check("a/.", "/data/a", true);
        check(".", "/data", true);
        check("./a//b", "/data/a/b", false);
        check("a/../b", "/data/b", false);
        check("a/..", "/data", true);
        check("a/b/../..", "/data", true);
        check("..a", "/data/..a", false);
        assert_eq!(named("/", "a").unwrap().path, "/a");
    }

    #[test]
    fn what_leaves_its_directory_is_told_from_what_is_no_path() {
        let leaves = |text, path: &str| assert_eq!(named("/data", text), Err(Misnamed::Leaves(path.into())), "{text}");
        leaves("..", "/");
        leaves("../data/a", "/data/a");
        leaves("a/../../data/a", "/data/a");
        leaves("../../../etc", "/etc");
        leaves("/data/a", "/data/a");
        leaves("//a", "/a");
        let unusable = |text: &str, code| assert_eq!(named("/data", text), Err(Misnamed::Unusable(code)), "{text}");
        unusable("", ErrorCode::NoEntry);
        unusable("a\0b", ErrorCode::Invalid);
        unusable(&"a".repeat(256), ErrorCode::NameTooLong);
        unusable(&"a/".repeat(2_100), ErrorCode::NameTooLong);
    }

    proptest! {
        #[test]
        fn every_named_path_is_below_its_directory(text in "[a./]{0,12}", directory in "(/[ab]{1,2}){0,3}") {
            let directory = if directory.is_empty() { "/".into() } else { directory };
            if let Ok(named) = named(&directory, &text) {
                prop_assert!(is_normalised(&named.path) && is_within(&named.path, &directory));
            }
        }
    }
}
