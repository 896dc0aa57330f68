//! DWARF as compilers write it, and as only somebody hostile would.

use proptest::prelude::*;

use super::{Budget, Lines, Origin};

/// The address of the only function, and its length.
const FUNCTION: (u32, u32) = (1, 10);

const UNIT: &[u8] = &[1, 0x11, 1, 0x10, 0x17, 0x1b, 0x08, 0x11, 0x01, 0, 0];
const SUBPROGRAM: &[u8] = &[2, 0x2e, 1, 0x11, 0x01, 0x12, 0x06, 0, 0];
/// A replaced call with an address, a length, and the place of the call.
const INLINED: &[u8] = &[
    3, 0x1d, 1, 0x11, 0x01, 0x12, 0x06, 0x58, 0x0b, 0x59, 0x0b, 0x57, 0x0b, 0, 0,
];
/// A replaced call that says nothing.
const SILENT: &[u8] = &[4, 0x1d, 1, 0, 0];

/// A component of one core module with these sections, and a function of 20 instructions.
fn component(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    section(&mut module, 1, &[1, 0x60, 0, 0]);
    section(&mut module, 3, &[1, 0]);
    let mut code = vec![1, 22, 0];
    code.extend([0x01; 20]);
    code.push(0x0b);
    section(&mut module, 10, &code);
    for (name, content) in sections {
        let name = [&[name.len() as u8], name.as_bytes()].concat();
        section(&mut module, 0, &[name.as_slice(), content].concat());
    }
    let mut component = b"\0asm\x0d\0\x01\0".to_vec();
    section(&mut component, 1, &module);
    component
}

fn section(to: &mut Vec<u8>, id: u8, content: &[u8]) {
    to.push(id);
    let mut length = content.len();
    while length >= 0x80 {
        to.push(length as u8 | 0x80);
        length >>= 7;
    }
    to.push(length as u8);
    to.extend(content);
}

/// The position of the instruction at this address.
fn at(component: &[u8], address: usize) -> Option<(Origin, String)> {
    let lines = Lines::of(component)?;
    let code = super::sections::of_component(component).pop()?.code;
    let position = lines.at(code.start + address, &mut Budget::of_trap())?;
    Some((position.origin, position.to_string()))
}

/// A line program: the function's code is of line 1000 of the first file.
fn line_program(files: &[&str]) -> Vec<u8> {
    let mut header = vec![1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0];
    for file in files {
        header.extend(file.as_bytes());
        header.extend([0, 0, 0, 0]);
    }
    header.push(0);
    let mut program = vec![0, 5, 2];
    program.extend(FUNCTION.0.to_le_bytes());
    // Line 1 + 999, column 7, a row, and the end after the function's length.
    program.extend([3, 0xe7, 0x07, 5, 7, 1, 2, FUNCTION.1 as u8, 0, 1, 1]);
    let mut section = ((2 + 4 + header.len() + program.len()) as u32).to_le_bytes().to_vec();
    section.extend([4, 0]);
    section.extend((header.len() as u32).to_le_bytes());
    section.extend(header);
    section.extend(program);
    section
}

/// A unit with the function, and what lies in it.
fn info(within: &[u8]) -> Vec<u8> {
    let mut unit = vec![4, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0];
    unit.extend(b"/home/ann/hello\0");
    unit.extend([0; 4]);
    unit.push(2);
    unit.extend(FUNCTION.0.to_le_bytes());
    unit.extend(FUNCTION.1.to_le_bytes());
    unit.extend(within);
    let mut section = (unit.len() as u32).to_le_bytes().to_vec();
    section.extend(unit);
    section
}

/// A replaced call of `start..start + length`, called from this place.
fn inlined(start: u32, length: u32, file: u8, line: u8, column: u8) -> Vec<u8> {
    let mut entry = vec![3];
    entry.extend(start.to_le_bytes());
    entry.extend(length.to_le_bytes());
    entry.extend([file, line, column]);
    entry
}

fn built(within: &[u8]) -> Vec<u8> {
    let files = ["/rustc/abc/library/core/src/option.rs", "src/lib.rs"];
    let abbreviations = [UNIT, SUBPROGRAM, INLINED, SILENT, &[0]].concat();
    component(&[
        (".debug_abbrev", &abbreviations),
        (".debug_info", &info(within)),
        (".debug_line", &line_program(&files)),
    ])
}

#[test]
fn a_call_that_was_replaced_is_where_its_author_wrote_it() {
    // Two calls within each other, both of the standard library; the outer one was called by the author.
    let within = [inlined(2, 8, 2, 23, 5), inlined(3, 4, 1, 99, 9), vec![0, 0]].concat();
    let component = built(&within);
    assert_eq!(at(&component, 4), Some((Origin::Own, "src/lib.rs:23:5".into())));
    assert_eq!(at(&component, 8), Some((Origin::Own, "src/lib.rs:23:5".into())));
    // Outside of both there is only the row itself.
    assert_eq!(
        at(&component, 1),
        Some((Origin::Standard, "core/src/option.rs:1000:7".into()))
    );
    assert_eq!(at(&component, 11), None, "behind the function");
}

#[test]
fn lines_are_found_without_units() {
    let component = component(&[(".debug_line", &line_program(&["src/lib.rs"]))]);
    assert_eq!(at(&component, 4), Some((Origin::Own, "src/lib.rs:1000:7".into())));
}

#[test]
fn a_million_calls_within_each_other_overflow_nothing() {
    let component = built(&vec![4; 2_000_000]);
    assert_eq!(at(&component, 4).map(|(origin, _)| origin), Some(Origin::Standard));
}

#[test]
fn entries_that_take_no_bytes_have_a_budget() {
    // Each entry has 10,000 attributes of no length, and there are a million entries.
    let mut wide = vec![4, 0x1d, 1];
    wide.extend([0x3f, 0x19].repeat(10_000));
    wide.extend([0, 0]);
    let abbreviations = [UNIT, SUBPROGRAM, INLINED, &wide, &[0]].concat();
    let component = component(&[
        (".debug_abbrev", &abbreviations),
        (".debug_info", &info(&vec![4; 1_000_000])),
        (".debug_line", &line_program(&["src/lib.rs"])),
    ]);
    assert_eq!(at(&component, 4), Some((Origin::Own, "src/lib.rs:1000:7".into())));
}

#[test]
fn a_long_name_of_many_files_is_not_written_out() {
    // A million files in one folder whose name has a million letters: written out, they take a terabyte.
    let mut header = vec![1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
    header.extend(vec![b'd'; 1_000_000]);
    header.extend([0, 0]);
    header.extend([b'f', 0, 1, 0, 0].repeat(1_000_000));
    header.push(0);
    let mut section = ((6 + header.len()) as u32).to_le_bytes().to_vec();
    section.extend([4, 0]);
    section.extend((header.len() as u32).to_le_bytes());
    section.extend(header);
    // The next program is read all the same.
    section.extend(line_program(&["src/lib.rs"]));
    let component = component(&[(".debug_line", &section)]);
    assert_eq!(at(&component, 4), Some((Origin::Own, "src/lib.rs:1000:7".into())));
}

/// A line program of version 5, whose files and folders are all named by the text at the start of `.debug_str`.
fn line_program_of_strings() -> Vec<u8> {
    let mut header = vec![1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
    // Entries of a path that is a reference to a text: one folder, two files.
    header.extend([1, 1, 0x0e, 1, 0, 0, 0, 0]);
    header.extend([1, 1, 0x0e, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut program = vec![0, 5, 2];
    program.extend(FUNCTION.0.to_le_bytes());
    program.extend([3, 0xe7, 0x07, 5, 7, 1, 2, FUNCTION.1 as u8, 0, 1, 1]);
    let mut section = ((2 + 2 + 4 + header.len() + program.len()) as u32)
        .to_le_bytes()
        .to_vec();
    section.extend([5, 0, 4, 0]);
    section.extend((header.len() as u32).to_le_bytes());
    section.extend(header);
    section.extend(program);
    section
}

#[test]
fn a_text_of_megabytes_is_read_as_far_as_a_path_can_be() {
    let mut text = vec![b'a'; 1 << 20];
    text.extend(b"/end.rs\0");
    let program = line_program_of_strings();
    let component = component(&[(".debug_line", &program), (".debug_str", &text)]);
    let expected = format!("{}:1000:7", "a".repeat(200));
    assert_eq!(at(&component, 4), Some((Origin::Own, expected)));
}

#[test]
fn all_functions_of_a_trap_share_a_budget() {
    let within: Vec<u8> = (0..64).flat_map(|_| inlined(2, 8, 1, 23, 5)).collect();
    let abbreviations = [UNIT, SUBPROGRAM, INLINED, SILENT, &[0]].concat();
    let component = component(&[
        (".debug_abbrev", &abbreviations),
        (".debug_info", &info(&within)),
        (".debug_line", &line_program_of_strings()),
        (".debug_str", &vec![b'a'; 1 << 20]),
    ]);
    let lines = Lines::of(&component).unwrap();
    let code = super::sections::of_component(&component).pop().unwrap().code;
    let mut budget = Budget::of_trap();
    let found = (0..100).filter(|_| lines.at(code.start + 4, &mut budget).is_some());
    assert!((1..40).contains(&found.count()));
    assert!(lines.at(code.start + 4, &mut Budget::of_trap()).is_some());
}

#[test]
fn the_index_of_lines_has_a_budget() {
    // Twenty million rows of one byte each, behind them another program.
    let mut section = line_program(&["src/lib.rs"]);
    section.extend(vec![0x20; 20 << 20]);
    let length = (section.len() - 4) as u32;
    section[..4].copy_from_slice(&length.to_le_bytes());
    let first = line_program(&["src/first.rs"]);
    let last = line_program(&["src/last.rs"]);
    let component = |sections: &[&[u8]]| component(&[(".debug_line", &sections.concat())]);
    let shown = |sections: &[&[u8]]| at(&component(sections), 4).map(|(_, shown)| shown);
    assert_eq!(shown(&[&first, &section]), Some("src/first.rs:1000:7".into()));
    assert_eq!(shown(&[&section, &last]), None);
}

proptest! {
    #[test]
    fn no_bytes_make_it_fail(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        section in prop::sample::select(vec![".debug_abbrev", ".debug_info", ".debug_line", ".debug_ranges"]),
        cut in 0_usize..400,
        address in 0_usize..20,
    ) {
        let abbreviations = [UNIT, SUBPROGRAM, INLINED, SILENT, &[0]].concat();
        let (info, line) = (info(&inlined(2, 8, 2, 23, 5)), line_program(&["a.rs", "b.rs"]));
        let mut sections = vec![(".debug_abbrev", abbreviations), (".debug_info", info), (".debug_line", line)];
        for (name, content) in &mut sections {
            if *name == section {
                content.truncate(cut);
                content.extend(&bytes);
            }
        }
        sections.push((".debug_ranges", bytes));
        let sections: Vec<(&str, &[u8])> = sections.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        let component = component(&sections);
        let _ = at(&component, address);
    }
}
