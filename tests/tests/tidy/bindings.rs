//! The SDK's bindings are checked in, and are what `wit-bindgen` generates from the contract.

use wit_bindgen_core::{Files, WorldGenerator as _};
use wit_bindgen_rust::{Opts, WithOption};
use wit_parser::Resolve;

use super::report;
use airssys_wasm_tests::workspace;

/// Where the generated files are.
pub(crate) const FOLDER: &str = "sdk/src/contract/bindings";

/// Writes them, when the variable `UPDATE` is set.
/// It names the whole workspace because a part of it resolves other features, and compiles much anew.
const COMMAND: &str = "UPDATE=1 cargo test --workspace --test tidy bindings";

/// A module of the bindings, generated from a world of its own.
struct Module {
    name: &'static str,
    /// Completes the sentence "The interface …".
    about: &'static str,
    /// The world, when the contract has none for this interface.
    inline: Option<&'static str>,
    world: &'static str,
    /// Interfaces of other modules, and the paths to their types.
    with: &'static [(&'static str, &'static str)],
}

const MODULES: [Module; 2] = [
    Module {
        name: "guest",
        about: "which every component exports",
        inline: None,
        world: "airssys:component/component",
        with: &[],
    },
    Module {
        name: "state",
        about: "which a component exports that keeps its state across a swap",
        inline: Some("package airssys:sdk;\nworld stateful { export airssys:component/state@0.1.0; }"),
        world: "stateful",
        with: &[(
            "airssys:component/types@0.1.0",
            "super::guest::airssys::component::types",
        )],
    },
];

impl Module {
    fn path(&self) -> String {
        format!("{FOLDER}/{}.rs", self.name)
    }

    fn generate(&self) -> String {
        let mut resolve = Resolve::default();
        let mut packages = Vec::new();
        for folder in ["wit/deps/io", "wit/component"] {
            packages.push(resolve.push_path(workspace().join(folder)).unwrap().0);
        }
        if let Some(text) = self.inline {
            packages = vec![resolve.push_str("inline", text).unwrap()];
        }
        let world = resolve.select_world(&packages, Some(self.world)).unwrap();
        let with = self
            .with
            .iter()
            .map(|(interface, path)| (interface.to_string(), WithOption::Path(path.to_string())));
        let options = Opts {
            format: true,
            with: with.collect(),
            pub_export_macro: true,
            default_bindings_module: Some(format!("::airssys_wasm_sdk::__internal::{}", self.name)),
            ..Opts::default()
        };
        let mut files = Files::default();
        options.build().generate(&mut resolve, world, &mut files).unwrap();
        let texts: Vec<&str> = files
            .iter()
            .map(|(_, text)| std::str::from_utf8(text).unwrap())
            .collect();
        let [text] = texts[..] else {
            panic!("{} files instead of one", texts.len())
        };
        format!(
            "//! The interface `{}`, {}; written by `{COMMAND}`.\n\n{text}",
            self.name, self.about
        )
    }
}

#[test]
fn the_bindings_are_what_the_contract_generates() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut problems = Vec::new();
    for module in MODULES {
        let path = workspace().join(module.path());
        let generated = module.generate();
        if std::fs::read_to_string(&path).is_ok_and(|text| text == generated) {
            continue;
        }
        if update {
            std::fs::write(&path, generated).unwrap();
        } else {
            problems.push(format!("{} is out of date; this writes it: {COMMAND}", module.path()));
        }
    }
    report(problems);
}
