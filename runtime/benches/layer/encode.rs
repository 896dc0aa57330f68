//! From WebAssembly text to a component, with no toolchain.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The component of a module in text form, and the world of this name that says what it imports and exports.
pub(crate) fn component(module: &str, worlds: &str, name: &str) -> Vec<u8> {
    let mut module = wat::parse_str(module).expect("the module is well-formed");
    let mut resolve = Resolve::default();
    for folder in ["wit/deps/io", "wit/component"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        resolve.push_path(path).expect("the contract can be read");
    }
    let package = resolve
        .push_str("guest.wit", worlds)
        .expect("the worlds are well-formed");
    let world = resolve
        .select_world(&[package], Some(name))
        .expect("the world is there");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("the world is encoded");
    let encoder = ComponentEncoder::default()
        .module(&module)
        .expect("the module has what the world asks for");
    encoder.validate(true).encode().expect("the component is valid")
}

/// The same component under other bytes: with a custom section that says `n`.
pub(crate) fn distinct(component: &[u8], n: usize) -> Vec<u8> {
    const NAME: &[u8] = b"bench";
    let number = u64::try_from(n).expect("a number").to_le_bytes();
    let size = u8::try_from(1 + NAME.len() + number.len()).expect("a small section");
    let name = u8::try_from(NAME.len()).expect("a short name");
    [component, &[0, size, name], NAME, &number].concat()
}
