//! A commit on a disk that fails or crashes is made whole or not at all.

use super::disk::{Contents, Disk, Fault, contents};
use super::records::{Batch, Records, Table};

/// Errors of the system that disks have: no space, and anything else.
const ERRORS: [i32; 2] = [
    rustix::io::Errno::NOSPC.raw_os_error(),
    rustix::io::Errno::IO.raw_os_error(),
];

/// Sets and removes records of several tables, small ones and one of many pages.
fn batch(generation: u8) -> Batch {
    let mut batch = Batch::default()
        .put(Table::Routes, "a", vec![generation])
        .put(Table::States, "a", vec![generation; 20_000])
        .put(Table::Releases, format!("a@{generation}.0.0"), vec![generation; 500])
        .delete(Table::Deployments, format!("{:020}", generation - 1));
    for deployment in generation..generation + 40 {
        batch = batch.put(Table::Deployments, format!("{deployment:020}"), vec![generation; 100]);
    }
    batch
}

/// What there is after the first batch, and after the second.
struct Expected {
    first: Contents,
    second: Contents,
}

impl Expected {
    fn new() -> Self {
        let records = Disk::default().records().unwrap();
        let committed = |generation| {
            records.commit(batch(generation)).unwrap();
            contents(&records).unwrap()
        };
        Self {
            first: committed(1),
            second: committed(2),
        }
    }

    /// Asserts that a disk with these bytes holds one of the two batches, and the second when that was promised;
    /// and that it is written to as if nothing had been. Returns whether it was the second.
    fn one_of_two(&self, bytes: &[u8], promised: bool, case: &str) -> bool {
        let records = Disk::with(bytes).records();
        let records = records.unwrap_or_else(|error| panic!("{case}: {error:?}"));
        let found = contents(&records).unwrap_or_else(|error| panic!("{case}: {error:?}"));
        assert!(found == self.second || (!promised && found == self.first), "{case}");
        records.commit(batch(2)).unwrap();
        assert!(contents(&records).unwrap() == self.second, "{case}");
        found == self.second
    }
}

/// A disk with the first batch, not closed.
fn disk_with_first() -> (Disk, Records) {
    let disk = Disk::default();
    let records = disk.records().unwrap();
    records.commit(batch(1)).unwrap();
    (disk, records)
}

#[test]
fn a_failing_disk_keeps_one_of_two_batches() {
    let expected = Expected::new();
    for fault in ERRORS
        .into_iter()
        .flat_map(|error| [Fault::Once(error), Fault::Always(error)])
    {
        let mut refused = 0;
        for operations in 0.. {
            let case = format!("{fault:?} after {operations}");
            let (disk, records) = disk_with_first();
            disk.fail_after(operations, fault);
            let committed = records.commit(batch(2));
            if let Err(error) = &committed {
                refused += 1;
                assert_eq!(error.code().as_str(), "store-failed", "{case}");
                assert!(records.commit(batch(2)).is_err(), "{case}");
                // Until it is opened again, the first batch is read or nothing is.
                assert!(
                    contents(&records).is_ok_and(|found| found == expected.first) || contents(&records).is_err(),
                    "{case}"
                );
            }
            drop(records);
            expected.one_of_two(&disk.bytes(), committed.is_ok(), &case);
            if !disk.has_failed() {
                break;
            }
        }
        assert!(refused > 3, "{fault:?}: {refused}");
    }
}

#[test]
fn a_crash_keeps_one_of_two_batches() {
    let expected = Expected::new();
    // How often it was the first batch, and the second, among commits that were cut off.
    let mut found = [0, 0];
    for operations in 0.. {
        let (disk, records) = disk_with_first();
        disk.fail_after(operations, Fault::Always(ERRORS[1]));
        let committed = records.commit(batch(2)).is_ok();
        // What is done afterwards fails as well, so that this is the moment of the crash.
        drop(records);
        for seed in 0..20 {
            let case = format!("operation {operations}, seed {seed}");
            let second = expected.one_of_two(&disk.crashed(seed), committed, &case);
            found[usize::from(second)] += usize::from(!committed);
        }
        if !disk.has_failed() {
            break;
        }
    }
    assert!(found.iter().all(|times| *times > 10), "{found:?}");
}

#[test]
fn a_failing_or_crashing_recovery_is_made_good_by_the_next() {
    let expected = Expected::new();
    let (disk, records) = disk_with_first();
    records.commit(batch(2)).unwrap();
    let unclean = disk.bytes();
    drop(records);
    for (state, bytes) in [("unclean", unclean), ("clean", disk.bytes())] {
        for operations in 0.. {
            let disk = Disk::with(&bytes);
            disk.fail_after(operations, Fault::Always(ERRORS[1]));
            if let Err(error) = disk.records() {
                assert_eq!(
                    error.code().as_str(),
                    "store-failed",
                    "{state}, {operations}: {error:?}"
                );
            }
            for seed in 0..10 {
                let case = format!("{state}, operation {operations}, seed {seed}");
                expected.one_of_two(&disk.crashed(seed), true, &case);
            }
            expected.one_of_two(&disk.bytes(), true, &format!("{state}, operation {operations}"));
            if !disk.has_failed() {
                break;
            }
        }
    }
}
