//! Bytes that are no component, or a damaged one.

use crate::arena::{Arena, alone, check};
use crate::case::{Case, case};
use crate::wasm::{COMPONENT, MODULE, component, counted, custom, leb, section};

fn cases() -> Vec<Case> {
    let refused = "not-a-component";
    vec![
        case("empty", Vec::new, refused),
        case("one byte", || vec![0], refused),
        case("magic only", || b"\0asm".to_vec(), refused),
        case("half a header", || b"\0asm\x0d\0".to_vec(), refused),
        case("a version of the future", || b"\0asm\x0e\0\x01\0".to_vec(), refused),
        case("a layer of the future", || b"\0asm\x0d\0\x02\0".to_vec(), refused),
        case(
            "the version of a module and the layer of a component",
            || b"\0asm\x01\0\x01\0".to_vec(),
            refused,
        ),
        case("a core module", || MODULE.to_vec(), refused),
        case(
            "a component where a core module is expected",
            || component(&[section(1, COMPONENT)]),
            refused,
        ),
        case(
            "a core module where a component is expected",
            || component(&[section(4, MODULE)]),
            refused,
        ),
        case("nothing but a header", || COMPONENT.to_vec(), "ok"),
        case("zeros behind the end", || [COMPONENT, &[0; 16]].concat(), refused),
        case(
            "text behind the end",
            || [COMPONENT, b"and so on".as_slice()].concat(),
            refused,
        ),
        case(
            "another component behind the end",
            || [COMPONENT, COMPONENT].concat(),
            refused,
        ),
        case("an unknown section", || component(&[section(99, b"")]), refused),
        case(
            "a section as long as 32 bits can say",
            || [COMPONENT, &[7], &leb(u64::from(u32::MAX))].concat(),
            refused,
        ),
        case(
            "a length of five bytes for what fits one",
            || [COMPONENT, &[0, 0x82, 0x80, 0x80, 0x80, 0x00, 1, b'a']].concat(),
            "ok",
        ),
        case(
            "a length of six bytes",
            || [COMPONENT, &[0, 0x82, 0x80, 0x80, 0x80, 0x80, 0x00, 1, b'a']].concat(),
            refused,
        ),
        case(
            "a length beyond 32 bits",
            || [COMPONENT, &[0, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, b'a']].concat(),
            refused,
        ),
        case(
            "two type sections in one module",
            || component(&[section(1, &[MODULE, &section(1, &[0]), &section(1, &[0])].concat())]),
            refused,
        ),
        case(
            "sections in the wrong order",
            || component(&[section(1, &[MODULE, &section(3, &[0]), &section(1, &[0])].concat())]),
            refused,
        ),
        case(
            "a count of items that are not there",
            || component(&[section(7, &leb(u64::from(u32::MAX)))]),
            refused,
        ),
        case(
            "items behind those that are counted",
            || component(&[section(7, &[0, 0x7f, 0x7f])]),
            refused,
        ),
        case(
            "a custom section whose name is no text",
            || component(&[custom(b"\xff\xfe", b"")]),
            refused,
        ),
        case(
            "an export whose name is no text",
            || component(&[section(11, &[&[1, 0][..], &counted(b"\xff\xfe"), &[1, 0, 0]].concat())]),
            refused,
        ),
        case(
            "a file of another kind",
            || b"\x7fELF\x02\x01\x01\0".repeat(64),
            refused,
        ),
        case(
            "an executable",
            || std::fs::read(std::env::current_exe().unwrap()).unwrap()[..1 << 20].to_vec(),
            refused,
        ),
        case("a shell script", || b"#!/bin/sh\nrm -rf /\n".to_vec(), refused),
        case("the text of a component", || b"(component)".to_vec(), refused),
    ]
}

#[test]
fn bytes_that_are_no_component_are_refused() {
    check(cases);
}

#[test]
fn compiled_code_is_never_taken_from_outside() {
    let whole = alone(Arena::compiled_code());
    // What the loader of compiled code takes is an ELF file, which stands behind the signature.
    let elf = whole
        .windows(4)
        .position(|window| window == b"\x7fELF")
        .expect("compiled code is an ELF file");
    check(|| {
        let (entry, code) = (whole.clone(), whole[elf..].to_vec());
        vec![
            case(
                "an entry of the cache of compiled code",
                move || entry.clone(),
                "not-a-component",
            ),
            case("compiled code", move || code.clone(), "not-a-component"),
        ]
    });
}
