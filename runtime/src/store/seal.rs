//! The form in which a record is kept: its schema, its checksum, its bytes.

use sha2::{Digest as _, Sha256};

use super::records::Table;
use crate::error::Error;

/// The version that new records are sealed with.
///
/// 1 is what the first releases wrote; its bytes have the same form, and what they mean is bridged where records are
/// decoded.
const SCHEMA: u16 = 2;
/// The oldest version that is still read.
const OLDEST: u16 = 1;
/// The bytes of SHA-256 that are kept as a checksum.
const CHECKSUM: usize = 16;

/// A record as it is kept.
pub(super) fn seal(table: Table, key: &str, record: &[u8]) -> Vec<u8> {
    seal_as(SCHEMA, table, key, record)
}

fn seal_as(schema: u16, table: Table, key: &str, record: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(2 + CHECKSUM + record.len());
    sealed.extend_from_slice(&schema.to_le_bytes());
    sealed.extend_from_slice(&checksum(schema, table, key, record));
    sealed.extend_from_slice(record);
    sealed
}

/// The record, when it is one that was sealed for this place.
pub(super) fn unseal(table: Table, key: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let damaged = |why| Error::Damaged {
        what: format!("record `{}` of the {table:?} {why}", key.escape_debug()),
    };
    let (schema, rest) = sealed.split_first_chunk::<2>().ok_or_else(|| damaged("is cut short"))?;
    let (sum, record) = rest
        .split_first_chunk::<CHECKSUM>()
        .ok_or_else(|| damaged("is cut short"))?;
    let schema = u16::from_le_bytes(*schema);
    if schema > SCHEMA {
        return Err(damaged("was written by a newer version of airssys-wasm"));
    }
    if *sum != checksum(schema, table, key, record) || schema < OLDEST {
        return Err(damaged("does not match its checksum"));
    }
    Ok(record.to_vec())
}

/// Covers the place of the record too, so that records cannot be exchanged for one another.
/// Since schema 2 it covers the schema as well, so that a damaged one does not pass for an older one.
fn checksum(schema: u16, table: Table, key: &str, record: &[u8]) -> [u8; CHECKSUM] {
    let mut hash = Sha256::new();
    if schema > 1 {
        hash.update(schema.to_le_bytes());
    }
    hash.update([table as u8]);
    hash.update((key.len() as u64).to_le_bytes());
    hash.update(key);
    hash.update(record);
    let whole: [u8; 32] = hash.finalize().into();
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(&whole[..CHECKSUM]);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_at_every_byte_is_seen() {
        for schema in OLDEST..=SCHEMA {
            let sealed = seal_as(schema, Table::Routes, "a", b"record");
            assert_eq!(unseal(Table::Routes, "a", &sealed).unwrap(), b"record");
            for place in 0..sealed.len() {
                for change in 1..=u8::MAX {
                    let mut flipped = sealed.clone();
                    flipped[place] ^= change;
                    assert!(unseal(Table::Routes, "a", &flipped).is_err(), "{change} at {place}");
                }
                assert!(unseal(Table::Routes, "a", &sealed[..place]).is_err(), "cut at {place}");
            }
            assert!(unseal(Table::Routes, "b", &sealed).is_err());
            assert!(unseal(Table::States, "a", &sealed).is_err());
        }
    }

    #[test]
    fn new_records_have_the_newest_schema() {
        assert_eq!(seal(Table::Routes, "a", b"")[..2], SCHEMA.to_le_bytes());
    }

    #[test]
    fn a_record_of_schema_1_is_read() {
        // From the fixture `state-schema-1`.
        let record = br#"{"version":"1.0.0","deployment":2,"deployed_at":"2026-11-27T21:08:57.724296327Z"}"#;
        let head = b"\x01\0\x78\x03\x0c\x8e\xf9\x44\x6c\x2a\x91\x32\x0e\xe3\x60\xed\xa6\x91";
        let sealed = [&head[..], record].concat();
        assert_eq!(unseal(Table::Routes, "counter", &sealed).unwrap(), record);
        assert_eq!(seal_as(1, Table::Routes, "counter", record), sealed);
    }

    #[test]
    fn a_record_of_a_future_version_is_an_error_that_says_so() {
        let sealed = seal_as(SCHEMA + 1, Table::Routes, "a", b"record");
        let error = unseal(Table::Routes, "a", &sealed).unwrap_err();
        assert_eq!(error.code().as_str(), "store-damaged");
        assert!(error.to_string().contains("newer version"), "{error}");
    }
}
