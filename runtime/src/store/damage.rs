//! A database file that was changed from outside is an error or reads as it was written.

use std::collections::BTreeMap;

use super::disk::{Disk, Random};
use super::records::{Batch, Records, Table};
use crate::error::Error;

const PAGE: usize = 4096;

type Contents = Vec<Vec<(String, Vec<u8>)>>;

/// Records on leaves and branches, and one of many pages.
fn written() -> Disk {
    let disk = Disk::default();
    let records = disk.records().unwrap();
    for round in 0..3_u8 {
        let mut batch = Batch::default()
            .put(Table::Routes, "a", vec![round; 60])
            .put(Table::States, "a", vec![round; 12_000])
            .put(Table::Releases, format!("a@{round}"), vec![round; 400]);
        for deployment in 0..40 {
            let key = format!("{:020}", u64::from(round) * 40 + deployment);
            batch = batch.put(Table::Deployments, key, vec![round; 120]);
        }
        records.commit(batch).unwrap();
    }
    // A clone that outlives the database is what an interrupted process leaves.
    disk
}

fn read(bytes: &[u8]) -> Result<(Contents, u64), Error> {
    let records = Disk::with(bytes).records()?;
    let contents = contents(&records)?;
    Ok((contents, records.next_id()))
}

fn contents(records: &Records) -> Result<Contents, Error> {
    let mut contents = Vec::new();
    for table in Table::ALL {
        let listed = records.list_from(table, "")?;
        for (key, record) in &listed {
            assert_eq!(records.read(table, key)?.as_ref(), Some(record));
        }
        contents.push(listed);
    }
    Ok(contents)
}

#[test]
fn explore() {
    let disk = written();
    let clean = disk.bytes();
    let disk = Disk::with(&clean);
    let records = disk.records().unwrap();
    records.commit(Batch::default().put(Table::Routes, "a", b"last".to_vec())).unwrap();
    let unclean = disk.bytes();
    drop(records);
    println!("clean {} unclean {}", clean.len(), unclean.len());
    std::panic::set_hook(Box::new(|_| {}));
    for (state, bytes) in [("clean", clean), ("unclean", unclean)] {
        let expected = read(&bytes).unwrap();
        let mut tally = BTreeMap::<String, (usize, String)>::new();
        let mut count = |kind: &str, case: String, bytes: Vec<u8>| {
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(&bytes)));
            let key = match result {
                Err(panic) => format!("panic {:?} {:?}", panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()),
                Ok(Ok(found)) if found == expected => "same".into(),
                Ok(Ok(_)) => "OTHER".into(),
                Ok(Err(error)) => format!("{} {:?}", error.code(), std::error::Error::source(&error).map(|s| s.to_string())),
            };
            let entry = tally.entry(format!("{kind} {key}")).or_insert((0, case));
            entry.0 += 1;
        };
        let start = std::time::Instant::now();
        for page in 0..bytes.len() / PAGE {
            let at = page * PAGE;
            let mut flipped = bytes.clone();
            flipped[at] ^= 0xff;
            flipped[at+1] ^= 0xff;
            count("flip", format!("{at}"), flipped);
            let mut zeroed = bytes.clone();
            zeroed[at..at + PAGE].fill(0);
            count("zero", format!("{at}"), zeroed);
            count("cut", format!("{at}"), bytes[..at].to_vec());
        }
        for at in 0..320 {
            for mask in [1, 2, 4, 0x80, 0xff] {
                let mut flipped = bytes.clone();
                flipped[at] ^= mask;
                count("head", format!("{at} {mask}"), flipped);
            }
        }
        let mut random = Random(1);
        for _ in 0..3000 {
            let at = random.below(bytes.len());
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 + random.below(255) as u8;
            count("seeded", format!("{at}"), flipped);
        }
        println!("{state} {:?} {tally:#?}", start.elapsed());
    }
}
