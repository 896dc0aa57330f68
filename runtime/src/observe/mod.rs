//! What components write and log, kept for later.

mod entry;
mod files;
mod rate;
mod reader;
mod writer;

pub use entry::{LogEntry, LogStream, Logged};
pub use reader::LogReader;
pub(crate) use writer::LogWriter;
