//! Any bytes, as if the cache held them, or as if a component carried them as debugging information.
#![allow(clippy::expect_used, reason = "a fuzzer ends where something fails")]

use std::os::unix::fs::OpenOptionsExt;

use super::lines::{Budget, Lines};
use super::sealed::{Form, Sealed};

const FORM: Form = Form {
    magic: b"airssys-fuz\x01",
    most: 1 << 20,
};

/// An entry of the cache as somebody else wrote it, and one with any bytes in it.
pub(crate) fn cache_entry(bytes: &[u8]) {
    thread_local! {
        static PLACE: (tempfile::TempDir, Sealed) = {
            let folder = tempfile::tempdir().expect("a temporary directory");
            let sealed = Sealed::open(&folder.path().join("cache"), &folder.path().join("key"));
            (folder, sealed.expect("a directory of its own"))
        };
    }
    PLACE.with(|(folder, sealed)| {
        let path = folder.path().join("cache/entry");
        let put = |bytes: &[u8]| {
            let mut options = std::fs::OpenOptions::new();
            let file = options.write(true).create(true).truncate(true).mode(0o600).open(&path);
            std::io::Write::write_all(&mut file.expect("a file"), bytes).expect("a small file");
        };
        put(bytes);
        assert!(sealed.read("entry", &FORM, b"this").is_err());
        assert!(sealed.write("entry", &FORM, b"this", |add| add(bytes)));
        let content = sealed.read("entry", &FORM, b"this");
        assert!(content.is_ok_and(|content| content.is_some_and(|content| *content == *bytes)));
        assert!(sealed.read("entry", &FORM, b"that").is_err());
        let mut whole = std::fs::read(&path).expect("an entry");
        let place = bytes.iter().map(|byte| usize::from(*byte)).sum::<usize>() % whole.len();
        put(&whole[..place]);
        assert!(sealed.read("entry", &FORM, b"this").is_err());
        whole[place] ^= 1 << (place % 8);
        put(&whole);
        assert!(sealed.read("entry", &FORM, b"this").is_err());
    });
}

/// A component that says where its functions come from.
pub(crate) fn lines(bytes: &[u8]) {
    let Some(lines) = Lines::of(bytes) else { return };
    let mut budget = Budget::of_trap();
    for offset in (0..bytes.len()).step_by(1 + bytes.len() / 64) {
        if let Some(position) = lines.at(offset, &mut budget) {
            let text = position.to_string();
            assert!(text.len() < 4 << 10 && !text.chars().any(char::is_control), "{text:?}");
        }
    }
}
