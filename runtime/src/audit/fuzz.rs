//! Any bytes, as if they were an audit log, or what is kept elsewhere of one.

use super::checkpoint::Checkpoint;
use super::hash::Hash;
use super::key::PublicKey;
use super::line::{self, Line};
use super::verify::{Expected, Verification, verify_files};
use super::{AuditHead, files};

/// The most problems that are told, with the number of the others, and the longest text of one.
const MOST_PROBLEMS: usize = 110;
const LONGEST_PROBLEM: usize = 1 << 10;

/// A log, its lines one by one, and what is kept of it elsewhere.
pub(crate) fn log(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        entry(line);
    }
    kept(bytes);
    verified(bytes);
}

/// What is an entry is written as a line that is one again, and follows the hash that it was written after.
fn entry(bytes: &[u8]) {
    let Some(entry) = line::entry(bytes) else { return };
    let before = Hash::after(&Hash::default(), bytes);
    // Written anew it may be longer than a line may be.
    let Ok((written, hash)) = line::write(&before, &entry) else {
        return;
    };
    let Some((end, written)) = written.split_last() else {
        return;
    };
    assert!(*end == b'\n' && !written.contains(&b'\n'));
    assert_eq!(line::entry(written).as_ref(), Some(&entry));
    let line = Line::read(written);
    let is_bound = |line: &Line<'_>| line.hash == hash && line.follows(&before) && !line.follows(&Hash::default());
    assert!(line.as_ref().is_some_and(is_bound), "{}", written.escape_ascii());
}

fn kept(bytes: &[u8]) {
    if let Ok(checkpoint) = serde_json::from_slice::<Checkpoint>(bytes) {
        let written = serde_json::to_vec(&checkpoint).unwrap_or_default();
        assert_eq!(
            serde_json::from_slice::<Checkpoint>(&written).ok().as_ref(),
            Some(&checkpoint)
        );
        if checkpoint.is_signed() {
            let mut longer = checkpoint.clone();
            longer.size = longer.size.wrapping_add(1);
            assert!(!longer.is_signed());
        }
        let expected = Expected {
            checkpoint: Some(checkpoint),
            ..Expected::default()
        };
        look_at(&verify_files([], &expected));
    }
    if let Ok(Ok(key)) = str::from_utf8(bytes).map(str::parse::<PublicKey>) {
        assert_eq!(key.to_string().as_bytes(), bytes);
    }
}

/// Whatever it is, what is wrong with it can be shown; and when nothing is, each change of it is found.
fn verified(bytes: &[u8]) {
    let whole = verify(&[bytes], &Expected::default());
    look_at(&whole);
    // In several files, cut where a line ends or anywhere.
    let place = bytes.iter().map(|byte| usize::from(*byte)).sum::<usize>() % (bytes.len() + 1);
    let (one, other) = bytes.split_at(place);
    look_at(&verify(&[one, other], &Expected::default()));
    // The key and the size that it says are taken for what is known elsewhere, as a host of it would know them.
    let Some(key) = bytes.split(|byte| *byte == b'\n').find_map(key_of) else {
        return;
    };
    let recorded = |origin| AuditHead {
        origin,
        size: whole.size,
        root: whole.root,
        key,
        is_closed: false,
        signature: None,
    };
    let expected = Expected {
        key: Some(key),
        recorded: whole.origin.clone().map(recorded),
        is_recorded: false,
        checkpoint: None,
    };
    let own = verify(&[bytes], &expected);
    look_at(&own);
    if !own.is_intact() || bytes.is_empty() {
        return;
    }
    let at = place % bytes.len();
    let mut changed = bytes.to_vec();
    changed[at] ^= 1 << (place % 8);
    assert!(
        !verify(&[&changed], &expected).is_intact(),
        "a change of byte {at} is not found"
    );
    assert!(
        !verify(&[&bytes[..at]], &expected).is_intact(),
        "a cut at byte {at} is not found"
    );
}

fn key_of(line: &[u8]) -> Option<PublicKey> {
    match line::entry(line)?.recorded {
        super::Recorded::LogBegun { key, .. } => Some(key),
        _ => None,
    }
}

fn verify(parts: &[&[u8]], expected: &Expected) -> Verification {
    let mut first = 1;
    let files = parts.iter().map(|part| {
        let name = files::name(first);
        first += part.iter().filter(|byte| **byte == b'\n').count() as u64;
        (name, Ok(part.to_vec()))
    });
    verify_files(files, expected)
}

fn look_at(found: &Verification) {
    assert!(found.problems.len() <= MOST_PROBLEMS, "{}", found.problems.len());
    for problem in &found.problems {
        let text = problem.to_string();
        assert!(
            text.len() <= LONGEST_PROBLEM && !text.chars().any(char::is_control),
            "{text:?}"
        );
    }
}
