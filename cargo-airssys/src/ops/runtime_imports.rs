//! Which imports of a component come from the runtime of its language, and not from its author.
//!
//! What an author imports stands in the world of the project; the rest was added by what the component was built with.
//! `build` writes it into the component, so that `inspect` can tell it without the project.

use std::collections::BTreeSet;
use std::path::Path;

use wasm_encoder::{ComponentSection as _, CustomSection};
use wasmparser::{Parser, Payload};

use super::contract;
use super::project::Project;

/// The custom section with the names, a line for each.
const SECTION: &str = "airssys:runtime-imports";

/// Where a project has its world.
const WIT: &str = "wit";

/// The imports that the world of the project does not have; none when it has no world that can be read.
pub(crate) fn find(project: &Project, imports: &[String]) -> Vec<String> {
    let Some(own) = of_world(&project.folder.join(WIT)) else {
        return Vec::new();
    };
    imports
        .iter()
        .filter(|import| !own.contains(*import))
        .cloned()
        .collect()
}

/// What the worlds of a folder import, with what their imports and exports use.
fn of_world(folder: &Path) -> Option<BTreeSet<String>> {
    let (resolve, world) = contract::world(folder, None).ok()?;
    let world = &resolve.worlds[world];
    Some(world.imports.keys().map(|key| resolve.name_world_key(key)).collect())
}

/// Writes the names into a component.
pub(crate) fn append(names: &[String], component: &mut Vec<u8>) {
    let section = CustomSection {
        name: SECTION.into(),
        data: names.join("\n").into_bytes().into(),
    };
    section.append_to_component(component);
}

/// The names that a component carries.
pub(crate) fn read(component: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(component).flatten() {
        if let Payload::CustomSection(section) = payload
            && section.name() == SECTION
        {
            names = String::from_utf8_lossy(section.data())
                .lines()
                .map(str::to_owned)
                .collect();
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_tells_what_was_written_into_it() {
        let mut component = wat::parse_str("(component)").unwrap();
        assert!(read(&component).is_empty());
        let names = ["wasi:cli/exit@0.2.0".to_owned(), "wasi:io/poll@0.2.0".to_owned()];
        append(&names, &mut component);
        assert_eq!(read(&component), names);
        airssys_wasm::component::inspect(&component).unwrap();
    }
}
