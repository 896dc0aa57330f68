//! What a core module says of itself.

use std::collections::BTreeSet;

use wasmparser::{Encoding, Parser, Payload, Validator};

use super::adapter;
use crate::exit::{Exit, Failure};

/// The first bytes of every module and component.
const MAGIC: &[u8] = b"\0asm";

/// The start of the names of the sections that carry a world's type.
const WORLD_SECTION: &str = "component-type";

/// What matters for making a component of it.
#[derive(Debug, Default)]
pub(super) struct CoreModule {
    /// Whether the type of its world is inside.
    pub(super) has_world: bool,
    /// Whether it is a program.
    pub(super) is_command: bool,
    /// Whether it imports WASI preview 1.
    pub(super) needs_adapter: bool,
    /// What it imports: the module and the name.
    imports: Vec<(String, String)>,
}

impl CoreModule {
    /// Reads a valid module.
    pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Self, Failure> {
        if bytes.is_empty() {
            return Err(not_a_module(name, "is empty"));
        }
        if !bytes.starts_with(MAGIC) {
            return Err(not_a_module(name, "is no WebAssembly"));
        }
        let invalid = |error| not_a_module(name, &format!("is no valid module: {error}"));
        if Parser::is_component(bytes) {
            return Err(not_a_module(name, "is a component already"));
        }
        Validator::new().validate_all(bytes).map_err(invalid)?;
        let mut found = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(invalid)? {
                Payload::Version {
                    encoding: Encoding::Component,
                    ..
                } => {
                    return Err(not_a_module(name, "is a component already"));
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(invalid)?;
                        found.needs_adapter |= import.module == adapter::NAME;
                        found.imports.push((import.module.into(), import.name.into()));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        found.is_command |= export.map_err(invalid)?.name == "_start";
                    }
                }
                Payload::CustomSection(section) => found.has_world |= section.name().starts_with(WORLD_SECTION),
                _ => {}
            }
        }
        Ok(found)
    }

    /// Refuses imports that neither the world nor an adapter gives, all at once.
    pub(super) fn check_imports(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let (_, bindgen) = wit_component::metadata::decode(bytes).map_err(|error| super::unfit(name, &error))?;
        let world = &bindgen.resolve.worlds[bindgen.world];
        let given: BTreeSet<String> = world
            .imports
            .keys()
            .chain(world.exports.keys())
            .map(|key| bindgen.resolve.name_world_key(key))
            .collect();
        let is_given = |module: &str| {
            let plain = module.trim_start_matches("[export]");
            // Names in brackets, with a dollar or of the newer mangling are of the component model itself.
            module == adapter::NAME
                || given.contains(plain)
                || module.starts_with(['$', '['])
                || module.starts_with("cm32p2")
        };
        let unmet = self.imports.iter().filter(|(module, _)| !is_given(module));
        let names: Vec<String> = unmet.map(|(module, name)| format!("`{name}` of `{module}`")).collect();
        if names.is_empty() {
            return Ok(());
        }
        let message = format!("{name} imports {}, which nothing gives it", names.join(", "));
        let help = "link the source or library that defines it; or name it as an import of the world";
        Err(Failure::new(Exit::BuildFailed, "unmet-import", message, help).into())
    }
}

fn not_a_module(name: &str, what: &str) -> Failure {
    let help = "give it the core module that a compiler left, for example by `-o core.wasm`";
    Failure::new(Exit::BuildFailed, "not-a-module", format!("{name} {what}"), help)
}
