//! The pass over the sections of a file.

use std::ops::Range;

use wasmparser::{CompositeInnerType, CoreType, Parser, Payload, RecGroup, TypeRef};

use super::code::{Arity, Signatures};
use super::expansion::Scopes;
use super::tally::{Counted, Tally};
use super::types;
use crate::component::inspect::malformed;
use crate::error::Error;

/// Counts what the bytes consist of, and refuses what is over a cap.
///
/// # Errors
///
/// [`Error::TooComplex`], and [`Error::NotAComponent`] when the bytes cannot be read.
pub(in crate::component) fn check(bytes: &[u8]) -> Result<(), Error> {
    walk(bytes).map(|_| ())
}

struct Walk<'a> {
    bytes: &'a [u8],
    tally: Tally,
    scopes: Scopes,
    /// The module that is being read: modules have no others inside.
    module: Option<Signatures>,
}

fn walk(bytes: &[u8]) -> Result<Tally, Error> {
    let mut walk = Walk {
        bytes,
        tally: Tally::default(),
        scopes: Scopes::default(),
        module: None,
    };
    for payload in Parser::new(0).parse_all(bytes) {
        walk.payload(payload.map_err(malformed)?)?;
    }
    Ok(walk.tally)
}

impl Walk<'_> {
    fn payload(&mut self, payload: Payload<'_>) -> Result<(), Error> {
        if payload.as_section().is_some() {
            self.tally.add(Counted::Sections, 1)?;
        }
        match payload {
            Payload::ModuleSection { unchecked_range, .. } => {
                self.whole(&unchecked_range)?;
                self.tally.add(Counted::Modules, 1)
            }
            Payload::ComponentSection { unchecked_range, .. } => {
                self.whole(&unchecked_range)?;
                self.tally.add(Counted::Components, 1)
            }
            Payload::Version { encoding, .. } => self.begin(encoding),
            Payload::End(_) => {
                if self.module.take().is_none() {
                    self.scopes.close();
                }
                Ok(())
            }
            Payload::CustomSection(section) => {
                let debugging = section.name().starts_with(".debug_");
                let counted = if debugging {
                    Counted::DebugBytes
                } else {
                    Counted::CustomBytes
                };
                self.tally.add(counted, section.range().len() as u64)
            }
            payload => match self.module {
                Some(_) => self.of_module(payload),
                None => self.of_component(payload),
            },
        }
    }

    /// Refuses a module or component whose end is cut off: the validation lets it pass when the cut is between two
    /// of its sections, and the compiler does not.
    fn whole(&self, range: &Range<usize>) -> Result<(), Error> {
        if range.end > self.bytes.len() {
            return Err(Error::NotAComponent {
                reason: format!(
                    "it ends at offset {:#x}, inside what should end at {:#x}",
                    self.bytes.len(),
                    range.end
                ),
            });
        }
        Ok(())
    }

    fn begin(&mut self, encoding: wasmparser::Encoding) -> Result<(), Error> {
        match encoding {
            wasmparser::Encoding::Module => {
                self.module = Some(Signatures::default());
                Ok(())
            }
            wasmparser::Encoding::Component => self.scopes.open(&mut self.tally),
        }
    }

    fn of_module(&mut self, payload: Payload<'_>) -> Result<(), Error> {
        let (Some(module), tally) = (&mut self.module, &mut self.tally) else {
            return Ok(());
        };
        match payload {
            Payload::TypeSection(section) => {
                tally.add(Counted::CoreTypeBytes, section.range().len() as u64)?;
                for group in section {
                    for ty in group.map_err(malformed)?.types() {
                        tally.add(Counted::CoreTypes, 1)?;
                        let arity = match &ty.composite_type.inner {
                            CompositeInnerType::Func(function) => Arity {
                                params: u32::try_from(function.params().len()).unwrap_or(u32::MAX),
                                results: u32::try_from(function.results().len()).unwrap_or(u32::MAX),
                            },
                            _ => Arity::default(),
                        };
                        module.add_type(arity, tally)?;
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(malformed)?;
                    tally.reach(Counted::NameBytes, import.module.len() as u64)?;
                    tally.name(import.name)?;
                    if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ty {
                        module.add_function(ty, tally)?;
                        module.next += 1;
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    module.add_function(ty.map_err(malformed)?, tally)?;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    tally.name(export.map_err(malformed)?.name)?;
                }
            }
            Payload::CodeSectionEntry(body) => module.add_body(&body, tally)?,
            Payload::MemorySection(section) => tally.add(Counted::Memories, u64::from(section.count()))?,
            Payload::TableSection(section) => tally.add(Counted::Tables, u64::from(section.count()))?,
            Payload::DataSection(section) => tally.add(Counted::Segments, u64::from(section.count()))?,
            Payload::ElementSection(section) => tally.add(Counted::Segments, u64::from(section.count()))?,
            _ => {}
        }
        Ok(())
    }

    fn of_component(&mut self, payload: Payload<'_>) -> Result<(), Error> {
        let (scopes, tally) = (&mut self.scopes, &mut self.tally);
        match payload {
            Payload::ComponentTypeSection(section) => {
                let range = section.range();
                tally.add(Counted::TypeBytes, range.len() as u64)?;
                let contents = self.bytes.get(range.clone()).unwrap_or_default();
                types::count(contents, range.start, tally)?;
                scopes.plain(u64::from(section.count()), tally)?;
            }
            Payload::CoreTypeSection(section) => {
                tally.add(Counted::TypeBytes, section.range().len() as u64)?;
                for ty in section {
                    let types = match ty.map_err(malformed)? {
                        CoreType::Rec(group) => group_length(&group),
                        CoreType::Module(declarations) => declarations.len() as u64,
                    };
                    tally.add(Counted::CoreTypes, types)?;
                    scopes.plain(1, tally)?;
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    tally.add(Counted::CoreInstances, 1)?;
                    let items = match instance.map_err(malformed)? {
                        wasmparser::Instance::Instantiate { args, .. } => args.len(),
                        wasmparser::Instance::FromExports(exports) => exports.len(),
                    };
                    scopes.plain(1 + items as u64, tally)?;
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    scopes.instance(&instance.map_err(malformed)?, tally)?;
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    tally.add(Counted::Names, 1)?;
                    scopes.alias(&alias.map_err(malformed)?, tally)?;
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import.map_err(malformed)?;
                    tally.name(import.name.name)?;
                    scopes.import(import.ty.kind(), tally)?;
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export.map_err(malformed)?;
                    tally.name(export.name.name)?;
                    scopes.export(export.kind, export.index, tally)?;
                }
            }
            Payload::ComponentCanonicalSection(section) => scopes.plain(u64::from(section.count()), tally)?,
            _ => {}
        }
        Ok(())
    }
}

fn group_length(group: &RecGroup) -> u64 {
    group.types().len() as u64
}

#[cfg(test)]
mod tests {
    use super::super::CAPS;
    use super::*;

    fn code(text: &str) -> String {
        match check(&wat::parse_str(text).unwrap()) {
            Ok(()) => "ok".into(),
            Err(Error::TooComplex { what, .. }) => what.into_owned(),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_component_within_every_cap_passes() {
        assert_eq!(code("(component (core module (func (param i32) (local i32))))"), "ok");
    }

    #[test]
    fn components_that_double_are_counted_expanded() {
        let mut text = "(component $c0 (type u8))".to_owned();
        for n in 1..30 {
            let last = n - 1;
            text += &format!(
                "(component $c{n} (alias outer 1 $c{last} (component $i)) (instance (instantiate $i)) (instance (instantiate $i)))"
            );
        }
        assert_eq!(
            code(&format!("(component {text})")),
            "items when every nested component is expanded"
        );
    }

    #[test]
    fn instances_that_double_are_counted_expanded() {
        let mut text = "(import \"f\" (func $f)) (instance $i0 (export \"a\" (func $f)))".to_owned();
        for n in 1..30 {
            let last = n - 1;
            text += &format!("(instance $i{n} (export \"a\" (instance $i{last})) (export \"b\" (instance $i{last})))");
        }
        assert_eq!(
            code(&format!("(component {text})")),
            "items when every nested component is expanded"
        );
    }

    #[test]
    fn calls_with_many_results_are_counted_where_they_are_made() {
        let wide = "(type $w (func (result".to_owned() + &" i32".repeat(1000) + ")))";
        let calls = "call $f ".repeat(10_000);
        let text = format!(
            "(component (core module {wide} (import \"\" \"\" (func $f (type $w))) (func {calls} unreachable)))"
        );
        assert_eq!(code(&text), "values passed by calls and branches in one function");
    }

    #[test]
    fn locals_are_counted_with_the_blocks_of_their_function() {
        let locals = " i32".repeat(10_000);
        let blocks = "block end ".repeat(10_000);
        let text = |blocks: &str| format!("(component (core module (func (local{locals}) {blocks})))");
        assert_eq!(code(&text(&blocks)), "locals times blocks in one function");
        // As long as the other, and without blocks.
        assert_eq!(code(&text(&"nop nop ".repeat(10_000))), "ok");
    }

    #[test]
    fn the_numbers_of_a_component_are_those_of_its_text() {
        let bytes = wat::parse_str(
            "(component (core module (memory 1) (table 1 funcref) (func (param i32 i32) (result i32) (local i64) unreachable)))",
        );
        let tally = walk(&bytes.unwrap()).unwrap();
        let number = |counted: Counted| tally.numbers()[counted as usize];
        assert_eq!(number(Counted::Modules), 1);
        assert_eq!(number(Counted::Memories), 1);
        assert_eq!(number(Counted::Tables), 1);
        assert_eq!(number(Counted::FunctionArity), 3);
        assert_eq!(number(Counted::Locals), 1);
        assert_eq!(tally.numbers().len(), CAPS.len());
    }
}
