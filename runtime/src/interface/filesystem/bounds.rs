//! How much a guest may do with files at once.

/// The largest size that a guest gives a file, in bytes.
pub(super) const MAX_FILE_BYTES: u64 = 1 << 30;

/// The most bytes of one read; wasmtime-wasi hands out fewer.
pub(super) const MAX_READ_BYTES: usize = 1 << 20;

/// The most bytes of one write to a stream: what wasmtime-wasi lets a guest write.
pub(super) const MAX_STREAM_WRITE: usize = 64 << 10;

/// The most streams that an instance has of files on other machines: each keeps what has come and has not been taken, and a
/// thread while it waits for it.
pub(super) const MAX_REMOTE_STREAMS: usize = 64;

/// The most bytes of one write by an offset: the thread that runs the guest waits for it, and a disk that has too much to
/// write has it wait longer.
pub(super) const MAX_WRITE_BYTES: usize = 256 << 10;

/// The most files and directories that an instance has open.
pub(super) const MAX_OPEN: usize = 256;

/// The most directories that an instance lists at the same time.
pub(super) const MAX_LISTINGS: usize = 8;

/// The most entries of all directories that an instance lists at the same time: those of each are all read at once.
pub(super) const MAX_ENTRIES: usize = 65_536;

/// The longest name of one file or directory, in bytes.
pub(super) const MAX_NAME: usize = 255;

/// How deep a directory of this machine may be, so that looking at those above it comes to an end.
pub(super) const MAX_DEPTH: usize = 256;
