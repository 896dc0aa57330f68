//! How much a guest may do with files at once.

/// The largest size that a guest gives a file, in bytes.
pub(super) const MAX_FILE_BYTES: u64 = 1 << 30;

/// The most bytes of one read; wasmtime-wasi hands out fewer.
pub(super) const MAX_READ_BYTES: usize = 1 << 20;

/// The most entries of a directory that is listed: they are all read at once.
pub(super) const MAX_ENTRIES: usize = 65_536;

/// The longest name of one file or directory, in bytes.
pub(super) const MAX_NAME: usize = 255;

/// How deep a directory of this machine may be, so that looking at those above it comes to an end.
pub(super) const MAX_DEPTH: usize = 256;
