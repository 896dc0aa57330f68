//! The binary format by hand, for what no tool writes.

/// The beginning of a component.
pub(crate) const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
/// The beginning of a core module.
pub(crate) const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// The type of a function without parameters and results.
pub(crate) const NOTHING: &[u8] = &[0x60, 0, 0];

/// A number in LEB128.
pub(crate) fn leb(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A name or a vector of bytes: its length, then itself.
pub(crate) fn counted(bytes: &[u8]) -> Vec<u8> {
    [&leb(bytes.len() as u64), bytes].concat()
}

/// A section.
pub(crate) fn section(id: u8, contents: &[u8]) -> Vec<u8> {
    [&[id][..], &counted(contents)].concat()
}

/// A section of a number of items that are all alike.
pub(crate) fn repeated(id: u8, count: usize, item: &[u8]) -> Vec<u8> {
    section(id, &[&leb(count as u64), &item.repeat(count)[..]].concat())
}

/// A custom section.
pub(crate) fn custom(name: &[u8], contents: &[u8]) -> Vec<u8> {
    section(0, &[&counted(name), contents].concat())
}

/// A component of these sections.
pub(crate) fn component(sections: &[Vec<u8>]) -> Vec<u8> {
    [COMPONENT, &sections.concat()].concat()
}

/// A component with one core module of these sections inside.
pub(crate) fn around_module(sections: &[Vec<u8>]) -> Vec<u8> {
    component(&[section(1, &[MODULE, &sections.concat()].concat())])
}

/// The text of a component that makes an instance of a core module.
pub(crate) fn instantiated(module: &str) -> String {
    format!("(component (core module $m {module}) (core instance (instantiate $m)))")
}

/// A component around a module of functions without parameters that all have this body.
pub(crate) fn functions(count: usize, body: &[u8]) -> Vec<u8> {
    around_module(&[
        section(1, &[&[1], NOTHING].concat()),
        repeated(3, count, &[0]),
        repeated(10, count, &counted(body)),
    ])
}

/// A component around a module of one function with this code.
pub(crate) fn function(code: &[u8]) -> Vec<u8> {
    functions(1, &[&[0], code, &[0x0b]].concat())
}
