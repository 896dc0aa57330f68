//! From a core module to a component: the world is embedded, and WASI preview 1 is translated or answered.

mod adapter;
mod module;

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use super::contract;
use crate::exit::{Exit, Failure};

pub(crate) use adapter::Adapter;
use module::CoreModule;

/// What a module is made a component by.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// The folder of the WIT, when the module does not carry its world.
    pub(crate) wit: Option<&'a Path>,
    /// The world in it; the only one when none is named.
    pub(crate) world: Option<&'a str>,
    /// Who gives the module what it imports of WASI preview 1.
    pub(crate) adapter: Adapter,
}

/// A component that was made of a module.
#[derive(Debug)]
pub(crate) struct Componentized {
    pub(crate) bytes: Vec<u8>,
    /// The adapter that is in it; none when the module imports nothing of WASI.
    pub(crate) adapter: Option<Adapter>,
}

/// Makes a component of the bytes of a core module; `name` is what a person calls them.
pub(crate) fn componentize(name: &str, bytes: &[u8], request: &Request<'_>) -> anyhow::Result<Componentized> {
    let mut bytes = bytes.to_vec();
    let module = CoreModule::read(name, &bytes)?;
    if let Some(wit) = request.wit {
        let (resolve, world) = contract::world(wit, request.world)?;
        embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8)
            .map_err(|error| unfit(name, &error))?;
    } else if !module.has_world && !module.is_command {
        let message = format!("{name} does not carry the type of its world");
        let help =
            "name the world with `--wit wit --world NAME`, or link the object file that `{cli} bindings c` writes";
        return Err(Failure::new(Exit::BuildFailed, "no-world", message, help).into());
    }
    module.check_imports(name, &bytes)?;
    let adapter = module
        .needs_adapter
        .then(|| request.adapter.for_module(module.is_command));
    let mut encoder = ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .map_err(|error| unfit(name, &error))?;
    if let Some(adapter) = adapter {
        encoder = encoder
            .adapter(adapter::NAME, &adapter.bytes()?)
            .map_err(|error| unfit(name, &error))?;
    }
    let bytes = encoder.encode().map_err(|error| unfit(name, &error))?;
    Ok(Componentized { bytes, adapter })
}

/// The module does not do what its world says.
fn unfit(name: &str, error: &anyhow::Error) -> Failure {
    let mut causes: Vec<String> = Vec::new();
    for cause in error.chain().map(ToString::to_string) {
        // The encoder says what it was doing first, which is always the same.
        if !cause.starts_with("failed to decode world from module") && !causes.contains(&cause) {
            causes.push(cause.lines().map(str::trim).collect::<Vec<_>>().join(" "));
        }
    }
    let message = format!("{name} does not fit its world: {}", causes.join(": "));
    let help = "export every function of the world, under the names that its bindings declare, and link the bindings";
    Failure::new(Exit::BuildFailed, "unfit-module", message, help)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORLD: &str = "package a:b;\nworld component { import log: func(code: u32); export run: func() -> u32; }\n";

    fn made(module: &str, wit: Option<&str>, adapter: Adapter) -> anyhow::Result<Componentized> {
        let folder = tempfile::tempdir().unwrap();
        if let Some(text) = wit {
            std::fs::write(folder.path().join("world.wit"), text).unwrap();
        }
        let request = Request {
            wit: wit.map(|_| folder.path()),
            world: None,
            adapter,
        };
        componentize("core.wasm", &wat::parse_str(module).unwrap(), &request)
    }

    fn refused(module: &str, wit: Option<&str>) -> Failure {
        made(module, wit, Adapter::Auto).unwrap_err().downcast().unwrap()
    }

    #[test]
    fn a_module_without_wasi_needs_no_adapter() {
        let component = made(
            "(module (func (export \"run\") (result i32) i32.const 7))",
            Some(WORLD),
            Adapter::Auto,
        );
        let component = component.unwrap();
        assert_eq!(component.adapter, None);
        let found = airssys_wasm::component::inspect(&component.bytes).unwrap();
        assert_eq!((found.imports, found.exports), (vec![], vec!["run".to_owned()]));
    }

    #[test]
    fn the_empty_adapter_answers_all_of_preview_1_and_imports_nothing() {
        let module = "(module
            (import \"wasi_snapshot_preview1\" \"clock_time_get\" (func $clock (param i32 i64 i32) (result i32)))
            (import \"wasi_snapshot_preview1\" \"random_get\" (func (param i32 i32) (result i32)))
            (import \"wasi_snapshot_preview1\" \"poll_oneoff\" (func (param i32 i32 i32 i32) (result i32)))
            (import \"wasi_snapshot_preview1\" \"fd_write\" (func (param i32 i32 i32 i32) (result i32)))
            (memory (export \"memory\") 1)
            (func (export \"run\") (result i32)
              (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 8)))
              (i32.load (i32.const 8))))";
        let component = made(module, Some(WORLD), Adapter::Auto).unwrap();
        assert_eq!(component.adapter, Some(Adapter::Empty));
        let found = airssys_wasm::component::inspect(&component.bytes).unwrap();
        assert!(found.imports.is_empty(), "{:?}", found.imports);
        let component = made(module, Some(WORLD), Adapter::Reactor).unwrap();
        let found = airssys_wasm::component::inspect(&component.bytes).unwrap();
        assert!(
            found.imports.iter().any(|import| import.starts_with("wasi:clocks/")),
            "{:?}",
            found.imports
        );
    }

    #[test]
    fn a_command_gets_the_adapter_of_commands() {
        let module = "(module
            (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))
            (memory (export \"memory\") 1)
            (func (export \"_start\") (call $exit (i32.const 0))))";
        let component = made(module, None, Adapter::Auto).unwrap();
        assert_eq!(component.adapter, Some(Adapter::Command));
        let found = airssys_wasm::component::inspect(&component.bytes).unwrap();
        assert_eq!(found.kind, airssys_wasm::component::Kind::Command);
    }

    #[test]
    fn what_is_no_module_is_refused_with_what_it_is() {
        let bytes = |bytes: &[u8]| {
            let request = Request {
                wit: None,
                world: None,
                adapter: Adapter::Auto,
            };
            let error = componentize("x.wasm", bytes, &request).unwrap_err();
            let failure: Failure = error.downcast().unwrap();
            (failure.code, failure.message)
        };
        assert_eq!(
            bytes(b"int main() {}"),
            ("not-a-module", "x.wasm is no WebAssembly".into())
        );
        assert_eq!(bytes(b""), ("not-a-module", "x.wasm is empty".into()));
        let component = wat::parse_str("(component)").unwrap();
        assert_eq!(
            bytes(&component),
            ("not-a-module", "x.wasm is a component already".into())
        );
        let (code, message) = bytes(b"\0asm\x01\0\0\0\x01\xff");
        assert_eq!(code, "not-a-module");
        assert!(message.starts_with("x.wasm is no valid module: "), "{message}");
    }

    #[test]
    fn a_module_says_what_it_lacks() {
        let failure = refused("(module)", None);
        assert_eq!(failure.code, "no-world");
        let failure = refused("(module)", Some(WORLD));
        assert_eq!(failure.code, "unfit-module");
        assert!(
            failure.message.contains("`run`") || failure.message.contains("run"),
            "{}",
            failure.message
        );
        let failure = refused(
            "(module (import \"env\" \"sqrt_table\" (func)) (func (export \"run\") (result i32) i32.const 7))",
            Some(WORLD),
        );
        assert_eq!(failure.code, "unmet-import");
        assert_eq!(
            failure.message,
            "core.wasm imports `sqrt_table` of `env`, which nothing gives it"
        );
    }
}
