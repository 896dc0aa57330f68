//! What a component's own custom sections say of it.

use wasm_metadata::Payload;

use super::inspect::one_line;
use crate::error::Error;

/// The beginning of every component.
const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

/// The sections that [`wasm_metadata`] reads and a component is shown with.
const SECTIONS: [&str; 5] = ["component-name", "producers", "version", "description", "licenses"];

/// The largest of these sections, in bytes; one that is larger is as good as none.
const MAX_SECTION_BYTES: usize = 256 << 10;

/// The custom sections of the outermost component that describe it, as a component of their own.
///
/// Reading the whole file would also read those of every module inside, among them lists of dependencies that are
/// compressed a thousandfold.
pub(super) struct Sections(Vec<u8>);

impl Sections {
    /// No sections.
    pub(super) fn new() -> Self {
        Self(HEADER.to_vec())
    }

    /// Keeps a section if it describes the component: its name, and its contents including the name.
    pub(super) fn keep(&mut self, name: &str, contents: &[u8]) {
        if !SECTIONS.contains(&name) || contents.len() > MAX_SECTION_BYTES {
            return;
        }
        self.0.push(0);
        let mut length = contents.len();
        while length > 0x7f {
            self.0.push(0x80 | (length & 0x7f) as u8);
            length >>= 7;
        }
        self.0.push(length as u8);
        self.0.extend_from_slice(contents);
    }

    /// Reads them; of several sections of one name the last counts.
    pub(super) fn read(&self) -> Result<Payload, Error> {
        let payload = Payload::from_binary(&self.0).map_err(|error| Error::NotAComponent {
            reason: format!("its metadata cannot be read: {}", one_line(&format!("{error:#}"))),
        })?;
        Ok(payload)
    }
}
