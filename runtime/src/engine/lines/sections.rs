//! The DWARF sections of a component's core modules.

use std::ops::Range;

use gimli::{EndianSlice, LittleEndian};
use wasmparser::{Encoding, Parser, Payload};

/// The longest text that is read: longer than any path. What is behind it is not even looked at.
const MAX_TEXT: usize = 4096;

/// How the sections are read.
pub(super) type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// The DWARF of one core module, as far as positions need it.
#[derive(Debug, Default)]
pub(super) struct Sections {
    /// Where the module's code section is in the component; DWARF counts from its start.
    pub(super) code: Range<usize>,
    pub(super) abbreviations: Vec<u8>,
    pub(super) info: Vec<u8>,
    pub(super) line: Vec<u8>,
    pub(super) line_strings: Vec<u8>,
    pub(super) range_lists: Vec<u8>,
    pub(super) ranges: Vec<u8>,
    pub(super) strings: Vec<u8>,
}

/// The DWARF of each core module that has line programs.
/// None at all when the bytes cannot be read; how many they may be is a bound of every component.
pub(super) fn of_component(bytes: &[u8]) -> Vec<Sections> {
    collect(bytes).unwrap_or_default()
}

fn collect(bytes: &[u8]) -> Option<Vec<Sections>> {
    let mut modules: Vec<Sections> = Vec::new();
    // A module lies in a component, and one component in another, but nothing lies in a module.
    let mut in_module = false;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.ok()? {
            Payload::Version { encoding, .. } => {
                in_module = encoding == Encoding::Module;
                if in_module {
                    modules.push(Sections::default());
                }
            }
            Payload::End(_) => in_module = false,
            Payload::CodeSectionStart { range, .. } => {
                if let Some(module) = modules.last_mut() {
                    module.code = range;
                }
            }
            Payload::CustomSection(section) if in_module => {
                let module = modules.last_mut()?;
                if let Some(place) = module.place(section.name()) {
                    *place = section.data().to_vec();
                }
            }
            _ => {}
        }
    }
    modules.retain(|module| !module.line.is_empty() && !module.code.is_empty());
    Some(modules)
}

impl Sections {
    fn place(&mut self, name: &str) -> Option<&mut Vec<u8>> {
        Some(match name {
            ".debug_abbrev" => &mut self.abbreviations,
            ".debug_info" => &mut self.info,
            ".debug_line" => &mut self.line,
            ".debug_line_str" => &mut self.line_strings,
            ".debug_rnglists" => &mut self.range_lists,
            ".debug_ranges" => &mut self.ranges,
            ".debug_str" => &mut self.strings,
            _ => return None,
        })
    }

    /// The start of the text of an attribute that is one.
    pub(super) fn text<'a>(&'a self, value: gimli::AttributeValue<Reader<'a>>) -> Option<&'a [u8]> {
        let (section, offset) = match value {
            gimli::AttributeValue::String(text) => (text.slice(), 0),
            gimli::AttributeValue::DebugStrRef(offset) => (self.strings.as_slice(), offset.0),
            gimli::AttributeValue::DebugLineStrRef(offset) => (self.line_strings.as_slice(), offset.0),
            _ => return None,
        };
        let text = section.get(offset..)?;
        text[..text.len().min(MAX_TEXT)].split(|byte| *byte == 0).next()
    }
}

/// A section for `gimli`.
pub(super) fn reader(section: &[u8]) -> Reader<'_> {
    EndianSlice::new(section, LittleEndian)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_modules_with_lines_are_kept() {
        let bytes = wat::parse_str(
            r#"(component
                (core module (func) (@custom ".debug_line" "abc") (@custom ".debug_str" "d"))
                (core module (func) (@custom ".debug_str" "no lines"))
                (component (core module (func (nop)) (@custom ".debug_line" "e")))
                (@custom ".debug_line" "of no module"))"#,
        )
        .unwrap();
        let found = of_component(&bytes);
        let lines: Vec<&[u8]> = found.iter().map(|module| module.line.as_slice()).collect();
        assert_eq!(lines, [b"abc".as_slice(), b"e"]);
        assert_eq!(found[0].strings, b"d");
        assert_eq!(
            bytes[found[0].code.clone()],
            [1, 2, 0, 0x0b],
            "one function without code"
        );
        assert_eq!(bytes[found[1].code.clone()], [1, 3, 0, 1, 0x0b]);
    }

    #[test]
    fn bytes_that_cannot_be_read_have_none() {
        assert!(of_component(b"\0asm").is_empty());
        assert!(of_component(b"").is_empty());
    }
}
