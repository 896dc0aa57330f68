//! What the bytes of a component say of themselves, without running them.

use serde::Serialize;
use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};

use super::metadata::Sections;
use super::{Digest, Kind, Manifest, bounds};
use crate::error::{Bounded, Error};

/// The largest component, in bytes.
pub(crate) const MAX_COMPONENT_BYTES: usize = 64 << 20;

/// The custom section in which `cargo airssys build` puts the manifest.
pub const MANIFEST_SECTION: &str = "airssys:manifest";

/// What the bytes of a component say of themselves.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// Identifies the bytes.
    pub digest: Digest,
    /// The size of the bytes.
    pub size: u64,
    /// What kind of guest it is.
    pub kind: Kind,
    /// The name in its metadata.
    pub name: Option<String>,
    /// The version in its metadata.
    pub version: Option<String>,
    /// The description in its metadata.
    pub description: Option<String>,
    /// The licence in its metadata, as an SPDX expression.
    pub licence: Option<String>,
    /// The names of its imports.
    pub imports: Vec<String>,
    /// The names of its exports.
    pub exports: Vec<String>,
    /// The tools and languages it was made with.
    pub producers: Vec<Producer>,
    /// The bytes of memory that an instance has from its start.
    pub initial_memory: u64,
    /// How many core modules it consists of.
    pub core_modules: u32,
    /// The manifest that it carries.
    pub manifest: Option<Manifest>,
    /// Whether it needs an engine with the component model's asynchronous intrinsics.
    pub(crate) needs_async: bool,
}

/// A tool or language that a component was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Producer {
    /// `language`, `processed-by` or `sdk`.
    pub field: String,
    /// The name of the tool or language.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Inspection {
    /// Whether it exports some version of `interface`.
    pub(crate) fn exports_interface(&self, interface: &str) -> bool {
        self.exports
            .iter()
            .any(|name| super::kind::is_interface(name, interface))
    }

    /// The world of the component in WIT: what it imports and exports.
    /// The name that the world had in its source is not part of a component.
    pub fn world(&self) -> String {
        let item = |word, name: &String| format!("  {word} {name};\n");
        let imports: String = self.imports.iter().map(|name| item("import", name)).collect();
        let exports: String = self.exports.iter().map(|name| item("export", name)).collect();
        format!("world root {{\n{imports}{exports}}}")
    }
}

/// Validates `bytes` as a component and reads what they say of themselves.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, Error> {
    let refuse = |reason: &str| Err(Error::NotAComponent { reason: reason.into() });
    if bytes.is_empty() {
        return refuse("it is empty");
    }
    if bytes.len() > MAX_COMPONENT_BYTES {
        return Err(Error::TooLarge {
            what: Bounded::Component,
            size: bytes.len() as u64,
            limit: MAX_COMPONENT_BYTES as u64,
        });
    }
    if !bytes.starts_with(b"\0asm") {
        return refuse("it does not start with the WebAssembly magic number");
    }
    if Parser::is_core_wasm(bytes) {
        return refuse("it is a core module; build it for the target `wasm32-wasip2`, or componentize it");
    }
    bounds::check(bytes)?;
    let needs_async = validate(bytes)?;
    let Names {
        imports,
        exports,
        manifest,
        initial_memory,
        core_modules,
        metadata,
    } = names(bytes).map_err(malformed)?;
    let payload = metadata.read()?;
    let metadata = payload.metadata();
    let mut producers = Vec::new();
    for (field, tools) in metadata.producers.iter().flat_map(wasm_metadata::Producers::iter) {
        producers.extend(tools.iter().map(|(name, version)| Producer {
            field: field.clone(),
            name: name.clone(),
            version: version.clone(),
        }));
    }
    Ok(Inspection {
        digest: Digest::of(bytes),
        size: bytes.len() as u64,
        kind: Kind::of(exports.iter().map(String::as_str)),
        name: metadata.name.clone(),
        version: metadata.version.as_ref().map(ToString::to_string),
        description: metadata.description.as_ref().map(ToString::to_string),
        licence: metadata.licenses.as_ref().map(ToString::to_string),
        producers,
        imports,
        exports,
        initial_memory,
        core_modules,
        manifest,
        needs_async,
    })
}

/// Checks the bytes, and says whether they need the component model's asynchronous intrinsics.
fn validate(bytes: &[u8]) -> Result<bool, Error> {
    let offered = offered_features();
    let plain = offered.difference(WasmFeatures::CM_ASYNC);
    if Validator::new_with_features(plain).validate_all(bytes).is_ok() {
        return Ok(false);
    }
    Validator::new_with_features(offered)
        .validate_all(bytes)
        .map_err(malformed)?;
    Ok(true)
}

/// The proposals a component may use: what WebAssembly 2.0 has, and the component model.
/// The engine is configured to the same set.
fn offered_features() -> WasmFeatures {
    WasmFeatures::WASM2
        .union(WasmFeatures::TAIL_CALL)
        .union(WasmFeatures::EXTENDED_CONST)
        .union(WasmFeatures::MULTI_MEMORY)
        .union(WasmFeatures::RELAXED_SIMD)
        .union(WasmFeatures::COMPONENT_MODEL)
        .union(WasmFeatures::CM_ASYNC)
}

pub(super) fn malformed(error: wasmparser::BinaryReaderError) -> Error {
    Error::NotAComponent {
        reason: format!("{} (at offset {:#x})", one_line(error.message()), error.offset()),
    }
}

/// A text that may quote the bytes, as it can be shown: bounded, in one line, without control characters.
pub(super) fn one_line(text: &str) -> String {
    const MOST: usize = 400;
    let mut shown = String::new();
    for letter in text.chars().take(MOST) {
        match letter {
            '\n' => shown.push(' '),
            '\'' | '"' | '\\' => shown.push(letter),
            _ => shown.extend(letter.escape_debug()),
        }
    }
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// The bytes of a page of memory; other sizes are a proposal that no component may use.
const PAGE: u64 = 64 << 10;

struct Names {
    imports: Vec<String>,
    exports: Vec<String>,
    manifest: Option<Manifest>,
    initial_memory: u64,
    core_modules: u32,
    metadata: Sections,
}

/// Reads the imports and exports of the outermost component, and its manifest and metadata sections.
fn names(bytes: &[u8]) -> Result<Names, wasmparser::BinaryReaderError> {
    let mut found = Names {
        imports: Vec::new(),
        exports: Vec::new(),
        manifest: None,
        initial_memory: 0,
        core_modules: 0,
        metadata: Sections::new(),
    };
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::Version { encoding, .. } => {
                depth += 1;
                found.core_modules += u32::from(encoding == Encoding::Module);
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let bytes = memory?.initial.saturating_mul(PAGE);
                    found.initial_memory = found.initial_memory.saturating_add(bytes);
                }
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    found.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    found.exports.push(export?.name.name.to_owned());
                }
            }
            Payload::CustomSection(section) if depth == 1 && section.name() == MANIFEST_SECTION => {
                // A manifest that cannot be read is as good as none: the bytes come from anywhere.
                let text = std::str::from_utf8(section.data()).ok();
                found.manifest = text.and_then(|text| Manifest::parse(text).ok());
            }
            Payload::CustomSection(section) if depth == 1 => {
                let contents = bytes.get(section.range()).unwrap_or_default();
                found.metadata.keep(section.name(), contents);
            }
            _ => {}
        }
    }
    Ok(found)
}
