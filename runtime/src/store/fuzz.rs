//! Any bytes, as if a database held them.

use super::records::Table;
use super::seal::{seal, unseal};

/// A record as it is kept, and one with any bytes in it.
pub(crate) fn record(bytes: &[u8]) {
    let (table, key) = (Table::Routes, "a");
    if let Ok(record) = unseal(table, key, bytes) {
        assert_eq!(bytes[18..], record);
    }
    let sealed = seal(table, key, bytes);
    assert_eq!(unseal(table, key, &sealed).ok().as_deref(), Some(bytes));
    assert!(unseal(Table::States, key, &sealed).is_err() && unseal(table, "b", &sealed).is_err());
    let place = bytes.iter().map(|byte| usize::from(*byte)).sum::<usize>() % sealed.len();
    assert!(unseal(table, key, &sealed[..place]).is_err());
    let mut changed = sealed;
    changed[place] ^= 1 << (place % 8);
    assert!(unseal(table, key, &changed).is_err());
}
