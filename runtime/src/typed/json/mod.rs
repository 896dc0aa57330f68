//! The JSON form of every type that has one; the book's page on typed calls has the table.

mod form;
mod path;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub use form::ByteForm;
pub(super) use path::Path;
pub(super) use read::from_json;
pub(super) use write::to_json;
