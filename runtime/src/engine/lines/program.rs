//! Line programs: which file, line and column an address belongs to.

use gimli::{ColumnType, DebugLine, DebugLineOffset, IncompleteLineProgram, LineProgramHeader};

use super::budget::Budget;
use super::sections::{Reader, Sections, reader};

/// The longest header of a line program: some thousand files. A file takes more memory than bytes in the section.
const MAX_HEADER: usize = 256 << 10;

/// The most sequences, each of which is a function, that are remembered.
const MAX_SEQUENCES: usize = 1 << 20;

/// How many sequences that begin before an address are looked at: those of functions that were left out overlap.
const MAX_OVERLAPS: usize = 64;

/// How many bytes of instructions are read in one step: a row takes one byte at least, and most take more.
const ROWS: usize = 2;

/// A row of addresses without a gap, and the line program it is from.
#[derive(Debug)]
pub(super) struct Sequence {
    start: u64,
    end: u64,
    /// Where its line program begins.
    pub(super) program: usize,
}

/// A place in a file, by the file's number in a line program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: u64,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The header of a line program, which names its files.
pub(super) type Header<'a> = LineProgramHeader<Reader<'a>>;

/// The steps of a sequence that is kept: it has to be put in order.
const SEQUENCE: usize = 4;

/// Every sequence that the budget reaches, in the order of their addresses.
pub(super) fn sequences(sections: &Sections, budget: &mut Budget) -> Vec<Sequence> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = next(&sections.line, at) {
        // A program with a mistake in it has the lines before the mistake.
        if budget.spend((next - at) / ROWS).is_none() {
            break;
        }
        if let Some(program) = read(sections, at, budget)
            && add(&mut found, program, at, budget).is_none()
        {
            break;
        }
        at = next;
    }
    found.sort_unstable_by_key(|sequence| (sequence.start, sequence.end));
    found
}

/// The sequence that an address belongs to.
pub(super) fn containing(sequences: &[Sequence], address: u64) -> Option<&Sequence> {
    let behind = sequences.partition_point(|sequence| sequence.start <= address);
    let before = sequences[..behind].iter().rev().take(MAX_OVERLAPS);
    before.into_iter().find(|sequence| address < sequence.end)
}

/// The place of an address by the line program at `program`, and the header that names the file.
pub(super) fn place<'a>(
    sections: &'a Sections,
    program: usize,
    address: u64,
    budget: &mut Budget,
) -> Option<(Header<'a>, Place)> {
    budget.spend((next(&sections.line, program)? - program) / ROWS)?;
    let program = read(sections, program, budget)?;
    let header = program.header().clone();
    let mut rows = program.rows();
    let mut last: Option<(u64, Place)> = None;
    while let Ok(Some((_, row))) = rows.next_row() {
        // Rows of one sequence are in order, so that the last one before the address counts.
        let before = last
            .take()
            .filter(|(start, _)| *start <= address && address < row.address());
        if let Some((_, place)) = before {
            return Some((header, place));
        }
        if !row.end_sequence() {
            let place = Place {
                file: row.file_index(),
                line: row.line().map_or(0, |line| u32::try_from(line.get()).unwrap_or(0)),
                column: match row.column() {
                    ColumnType::LeftEdge => 0,
                    ColumnType::Column(column) => u32::try_from(column.get()).unwrap_or(0),
                },
            };
            last = Some((row.address(), place));
        }
    }
    None
}

/// The directory and the name of a file, as the compiler wrote them.
pub(super) fn file<'a>(
    sections: &'a Sections,
    header: &Header<'a>,
    number: u64,
    budget: &mut Budget,
) -> Option<(String, String)> {
    let file = header.file(number)?;
    let text = |value| sections.text(value);
    // The first directory is the one the compiler ran in, which its unit knows.
    let directory = match file.directory_index() {
        0 => None,
        _ => file.directory(header).and_then(text),
    };
    let (directory, name) = (directory.unwrap_or_default(), text(file.path_name())?);
    budget.spend(directory.len() + name.len())?;
    let shown = |text| String::from_utf8_lossy(text).into_owned();
    Some((shown(directory), shown(name)))
}

/// Where the line program behind the one at `at` begins.
fn next(section: &[u8], at: usize) -> Option<usize> {
    let length = u32::from_le_bytes(section.get(at..at + 4)?.try_into().ok()?);
    // Larger numbers announce a format for more than four gigabytes.
    (length < 0xffff_fff0).then_some(())?;
    let next = at.checked_add(4)?.checked_add(usize::try_from(length).ok()?)?;
    (next <= section.len()).then_some(next)
}

fn read<'a>(sections: &'a Sections, at: usize, budget: &mut Budget) -> Option<IncompleteLineProgram<Reader<'a>>> {
    let section = &sections.line;
    let version = u16::from_le_bytes(section.get(at + 4..at + 6)?.try_into().ok()?);
    // Since version 5 there are two bytes for the sizes of addresses before it.
    let place = if version < 5 { at + 6 } else { at + 8 };
    let header = u32::from_le_bytes(section.get(place..place + 4)?.try_into().ok()?);
    let header = usize::try_from(header).ok()?;
    if header > MAX_HEADER {
        return None;
    }
    budget.spend(header)?;
    let lines: DebugLine<Reader<'_>> = reader(section).into();
    lines.program(DebugLineOffset(at), 4, None, None).ok()
}

/// None when there is no room or budget for more.
fn add(
    found: &mut Vec<Sequence>,
    program: IncompleteLineProgram<Reader<'_>>,
    at: usize,
    budget: &mut Budget,
) -> Option<()> {
    let mut rows = program.rows();
    let mut start = None;
    while let Ok(Some((_, row))) = rows.next_row() {
        let address = row.address();
        if !row.end_sequence() {
            start.get_or_insert(address);
            continue;
        }
        if let Some(start) = start.take().filter(|start| *start < address) {
            if found.len() == MAX_SEQUENCES {
                return None;
            }
            budget.spend(SEQUENCE)?;
            found.push(Sequence {
                start,
                end: address,
                program: at,
            });
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(start: u64, end: u64) -> Sequence {
        Sequence { start, end, program: 0 }
    }

    #[test]
    fn the_nearest_sequence_that_contains_an_address_is_found() {
        // What the linker left out is said to begin at 0.
        let all = [sequence(0, 500), sequence(6, 84), sequence(90, 120)];
        let start = |address| containing(&all, address).map(|sequence| sequence.start);
        assert_eq!(start(6), Some(6));
        assert_eq!(start(83), Some(6));
        assert_eq!(start(100), Some(90));
        assert_eq!(start(84), Some(0));
        assert_eq!(start(600), None);
    }

    #[test]
    fn a_length_beyond_the_section_ends_the_list() {
        assert_eq!(next(&[4, 0, 0, 0, 1, 2, 3, 4], 0), Some(8));
        assert_eq!(next(&[5, 0, 0, 0, 1, 2, 3, 4], 0), None);
        assert_eq!(next(&[0xff; 16], 0), None);
        assert_eq!(next(&[4, 0], 0), None);
    }
}
