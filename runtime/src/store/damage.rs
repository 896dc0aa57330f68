//! A database file that was changed from outside is an error or reads as it was written.

use super::disk::{Contents, Disk, Random, contents};
use super::records::{Batch, Table};

const PAGE: usize = 4096;
/// The header of the file and its two commit slots.
const HEADER: usize = 320;
/// The byte that redb calls the god byte, and its bit that says which slot is the newest.
const GOD_BYTE: usize = 9;
const NEWEST: u8 = 1;

/// The file as it was written: records on leaves, below branches, and on many pages.
struct Written {
    /// After a clean shutdown.
    closed: Vec<u8>,
    /// As the end of a process leaves it.
    open: Vec<u8>,
    contents: Contents,
}

impl Written {
    fn new() -> Self {
        let disk = Disk::default();
        let records = disk.records().unwrap();
        for round in 0..3 {
            records.commit(batch(round)).unwrap();
        }
        drop(records);
        let records = disk.records().unwrap();
        records.commit(batch(3)).unwrap();
        let open = disk.bytes();
        let contents = contents(&records).unwrap();
        drop(records);
        Self {
            closed: disk.bytes(),
            open,
            contents,
        }
    }

    /// Damages the file in both states, and asserts that this is seen or does no harm.
    fn check(&self, case: &str, damage: impl Fn(&mut Vec<u8>)) {
        for (state, bytes) in [("closed", &self.closed), ("open", &self.open)] {
            let case = format!("{case}, {state}");
            let mut damaged = bytes.clone();
            damage(&mut damaged);
            let disk = Disk::with(&damaged);
            let read = disk.records().and_then(|records| Ok((contents(&records)?, records)));
            match read {
                Ok((found, records)) => {
                    assert!(found == self.contents, "{case}: other records");
                    // Damage that went unseen is not built upon either.
                    records.commit(batch(4)).unwrap();
                    let next = contents(&records).unwrap();
                    drop(records);
                    assert!(contents(&disk.records().unwrap()).unwrap() == next, "{case}: later");
                }
                Err(error) => assert_eq!(error.code().as_str(), "store-damaged", "{case}: {error:?}"),
            }
        }
    }
}

fn batch(round: u8) -> Batch {
    let mut batch = Batch::default()
        .put(Table::Routes, "a", vec![round; 60])
        .put(Table::States, "a", vec![round; 12_000])
        .put(Table::Releases, format!("a@{round}.0.0"), vec![round; 400]);
    for deployment in 0..15 {
        let key = format!("{:020}", u64::from(round) * 15 + deployment);
        batch = batch.put(Table::Deployments, key, vec![round; 120]);
    }
    batch
}

#[test]
fn damage_at_every_page_is_seen_or_does_no_harm() {
    let written = Written::new();
    let pages = written.closed.len().max(written.open.len()) / PAGE;
    for at in (0..pages).map(|page| page * PAGE) {
        written.check(&format!("flipped at {at}"), |bytes| {
            for byte in bytes.iter_mut().skip(at).take(2) {
                *byte ^= 0xff;
            }
        });
        written.check(&format!("nothing at {at}"), |bytes| {
            for byte in bytes.iter_mut().skip(at).take(PAGE) {
                *byte = 0;
            }
        });
        // A file without anything is a new one to redb; `database` never shows it one.
        if at > 0 {
            written.check(&format!("cut at {at}"), |bytes| bytes.truncate(at));
        }
    }
}

#[test]
fn damage_anywhere_is_seen_or_does_no_harm() {
    let written = Written::new();
    let mut random = Random(1);
    for _ in 0..500 {
        let (at, change) = (random.below(written.open.len()), 1 + random.below(255) as u8);
        written.check(&format!("{change} at {at}"), |bytes| {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= change;
            }
        });
    }
}

#[test]
fn damage_of_the_header_is_seen_or_does_no_harm() {
    let written = Written::new();
    let mut random = Random(2);
    for at in 0..HEADER {
        let change = match at {
            GOD_BYTE => continue,
            _ => 1 << random.below(8),
        };
        written.check(&format!("{change} at {at}"), |bytes| bytes[at] ^= change);
    }
    for change in (0..8).map(|bit| 1 << bit).filter(|change| *change != NEWEST) {
        written.check(&format!("{change} in the god byte"), |bytes| bytes[GOD_BYTE] ^= change);
    }
}

/// While the database is open, this bit is all that tells a commit from one that a crash cut off before it was made.
#[test]
fn the_bit_that_makes_a_commit_gives_the_commit_before_when_it_is_damaged() {
    let disk = Disk::default();
    let records = disk.records().unwrap();
    records.commit(batch(1)).unwrap();
    let before = contents(&records).unwrap();
    records.commit(batch(2)).unwrap();
    let mut bytes = disk.bytes();
    bytes[GOD_BYTE] ^= NEWEST;
    assert!(contents(&Disk::with(&bytes).records().unwrap()).unwrap() == before);
}
