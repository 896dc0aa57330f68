//! Components that are heavy to compile: a guest, and beside it a module that nothing uses.

use std::fmt::Write;

use crate::guest;

/// A guest that takes longer to compile, by about three seconds of one processor for 1,000 functions.
/// `seed` makes components with other bytes.
pub fn heavy(guest_name: &str, functions: u32, seed: u32) -> Vec<u8> {
    let mut text = String::from("(module\n");
    for function in 0..functions {
        text.push_str("(func (param i64 i64) (result i64) (local i64)\n");
        for step in 0..150 {
            let constant = seed.wrapping_add(function).wrapping_mul(31).wrapping_add(step);
            let [from, to] = [step % 3, (step + 1) % 3];
            let operation = ["add", "mul", "xor", "sub", "rotl"][step as usize % 5];
            // Branches make control flow, which is what compilers take their time for.
            let _ = writeln!(
                text,
                "(if (i64.lt_u (local.get {from}) (i64.const {constant})) \
                 (then (local.set {to} (i64.{operation} (local.get {from}) (i64.const {constant})))))"
            );
        }
        text.push_str("(local.get 0))\n");
    }
    text.push(')');
    beside(guest_name, &text)
}

/// A guest and a module that makes compilers use ever more memory and time: each of its nested loops carries all of its
/// variables.
pub fn exploding(guest_name: &str, variables: u32, depth: u32) -> Vec<u8> {
    let mut text = format!(
        "(module (func (param i32) (local{})\n",
        " i64".repeat(variables as usize)
    );
    for level in 0..depth {
        text.push_str("(loop\n");
        for step in 0..8 {
            let [from, to] = [level * 7 + step, level * 13 + 5 * step + 1].map(|local| 1 + local % variables);
            let _ = writeln!(text, "(local.set {to} (i64.add (local.get {from}) (local.get {to})))");
        }
    }
    for _ in 0..depth {
        text.push_str("(br_if 0 (local.get 0)))\n");
    }
    text.push_str("))");
    beside(guest_name, &text)
}

/// Puts a module behind the sections of a component.
fn beside(guest_name: &str, module: &str) -> Vec<u8> {
    const MODULE: u8 = 1;
    let mut component = guest(guest_name);
    let module = wat::parse_str(module).expect("a module");
    component.push(MODULE);
    let mut rest = module.len();
    while rest >= 0x80 {
        component.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    component.push(rest as u8);
    component.extend(module);
    component
}
