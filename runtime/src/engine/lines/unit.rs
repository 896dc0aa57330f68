//! Compilation units: where the compiler ran, and which calls it replaced by the called function's code.

use gimli::{
    Abbreviations, AttributeValue, DebugAbbrev, DebugAbbrevOffset, DebugAddr, DebugAddrBase, DebugInfo,
    DebugInfoOffset, DebugRanges, DebugRngLists, EntriesRaw, RangeLists, RangeListsOffset, UnitHeader, constants,
};

use super::budget::Budget;
use super::path::plain;
use super::program::Place;
use super::sections::{Reader, Sections, reader};

/// The longest table of abbreviations of one unit.
const MAX_TABLE: usize = 64 << 10;

/// The most calls that are replaced within each other.
const MAX_CALLS: usize = 64;

/// How many bytes of a text are looked through in one step.
const TEXT: usize = 16;

/// A unit, and where its line program begins.
#[derive(Debug)]
pub(super) struct Unit {
    header: usize,
    pub(super) program: usize,
    /// The folder in which the compiler ran.
    pub(super) folder: String,
}

/// Every unit that the budget reaches and that has a line program, in the order of those.
pub(super) fn units(sections: &Sections, budget: &mut Budget) -> Vec<Unit> {
    let mut found = Vec::new();
    let info: DebugInfo<Reader<'_>> = reader(&sections.info).into();
    let mut headers = info.units();
    while let Ok(Some(header)) = headers.next() {
        if budget.spend(16).is_none() {
            break;
        }
        found.extend(unit(sections, &header, budget));
    }
    found.sort_unstable_by_key(|unit| unit.program);
    found
}

/// The places of the calls that were replaced by the code at `address`, the innermost first.
pub(super) fn inlined_calls(sections: &Sections, unit: &Unit, address: u64, budget: &mut Budget) -> Vec<Place> {
    let mut calls = Vec::new();
    // What was found before the budget ran out is right.
    let _ = find_calls(sections, unit, address, &mut calls, budget);
    calls.reverse();
    calls
}

fn find_calls(
    sections: &Sections,
    unit: &Unit,
    address: u64,
    calls: &mut Vec<Place>,
    budget: &mut Budget,
) -> Option<()> {
    let info: DebugInfo<Reader<'_>> = reader(&sections.info).into();
    let header = info.header_from_offset(DebugInfoOffset(unit.header)).ok()?;
    let table = abbreviations(sections, header.debug_abbrev_offset(), budget)?;
    let mut entries = header.entries_raw(&table, None).ok()?;
    let mut base = 0;
    let mut within = None;
    let mut behind = 0;
    while !entries.is_empty() {
        // A text in an entry is looked through for its end.
        let offset = entries.next_offset().0;
        budget.spend((offset - behind) / TEXT)?;
        behind = offset;
        let depth = entries.next_depth();
        if within.is_some_and(|function| depth <= function) {
            break;
        }
        let Some(abbreviation) = entries.read_abbreviation().ok()? else {
            budget.spend(1)?;
            continue;
        };
        budget.spend(1 + abbreviation.attributes().len())?;
        let tag = abbreviation.tag();
        let is_code = matches!(
            tag,
            constants::DW_TAG_compile_unit | constants::DW_TAG_subprogram | constants::DW_TAG_inlined_subroutine
        );
        if !is_code {
            entries.skip_attributes(abbreviation.attributes()).ok()?;
            continue;
        }
        let entry = Entry::read(&mut entries, abbreviation)?;
        if tag == constants::DW_TAG_compile_unit {
            base = entry.low.unwrap_or(0);
        } else if entry.contains(sections, &header, base, address, budget)? {
            match tag {
                constants::DW_TAG_subprogram => within = Some(depth),
                _ if within.is_some() && calls.len() < MAX_CALLS => calls.push(entry.call),
                _ => {}
            }
        }
    }
    Some(())
}

fn unit(sections: &Sections, header: &UnitHeader<Reader<'_>>, budget: &mut Budget) -> Option<Unit> {
    let offset = header.debug_info_offset()?;
    let table = abbreviations(sections, header.debug_abbrev_offset(), budget)?;
    let mut entries = header.entries_raw(&table, None).ok()?;
    let abbreviation = entries.read_abbreviation().ok()??;
    budget.spend(abbreviation.attributes().len())?;
    let (mut program, mut folder) = (None, None);
    for specification in abbreviation.attributes() {
        let attribute = entries.read_attribute(*specification).ok()?;
        match (attribute.name(), attribute.value()) {
            (constants::DW_AT_stmt_list, AttributeValue::DebugLineRef(at)) => program = Some(at.0),
            (constants::DW_AT_comp_dir, value) => folder = sections.text(value),
            _ => {}
        }
    }
    let folder = folder.unwrap_or_default();
    budget.spend(folder.len())?;
    Some(Unit {
        header: offset.0,
        program: program?,
        folder: plain(&String::from_utf8_lossy(folder)),
    })
}

/// What an entry says of its code and, when it replaces a call, of the call.
struct Entry {
    low: Option<u64>,
    end: Option<End>,
    ranges: Option<usize>,
    call: Place,
}

enum End {
    Address(u64),
    Length(u64),
}

impl Entry {
    fn read(entries: &mut EntriesRaw<'_, Reader<'_>>, abbreviation: &gimli::Abbreviation) -> Option<Self> {
        let mut entry = Self {
            low: None,
            end: None,
            ranges: None,
            call: Place {
                file: 0,
                line: 0,
                column: 0,
            },
        };
        for specification in abbreviation.attributes() {
            let attribute = entries.read_attribute(*specification).ok()?;
            let number = || attribute.udata_value().and_then(|value| u32::try_from(value).ok());
            match (attribute.name(), attribute.value()) {
                (constants::DW_AT_low_pc, AttributeValue::Addr(address)) => entry.low = Some(address),
                (constants::DW_AT_high_pc, AttributeValue::Addr(address)) => entry.end = Some(End::Address(address)),
                (constants::DW_AT_high_pc, AttributeValue::Udata(length)) => entry.end = Some(End::Length(length)),
                (constants::DW_AT_ranges, AttributeValue::RangeListsRef(at)) => entry.ranges = Some(at.0),
                (constants::DW_AT_call_file, AttributeValue::FileIndex(file)) => entry.call.file = file,
                (constants::DW_AT_call_line, _) => entry.call.line = number().unwrap_or(0),
                (constants::DW_AT_call_column, _) => entry.call.column = number().unwrap_or(0),
                _ => {}
            }
        }
        Some(entry)
    }

    /// Whether its code has the address; none when that costs too much to find out.
    fn contains(
        &self,
        sections: &Sections,
        header: &UnitHeader<Reader<'_>>,
        base: u64,
        address: u64,
        budget: &mut Budget,
    ) -> Option<bool> {
        let Some(at) = self.ranges else {
            return Some(match (self.low, &self.end) {
                (Some(low), Some(End::Address(end))) => (low..*end).contains(&address),
                (Some(low), Some(End::Length(length))) => address.checked_sub(low).is_some_and(|at| at < *length),
                _ => false,
            });
        };
        let lists = RangeLists::new(
            DebugRanges::from(reader(&sections.ranges)),
            DebugRngLists::from(reader(&sections.range_lists)),
        );
        let none = DebugAddr::from(reader(&[]));
        let ranges = lists.ranges(RangeListsOffset(at), header.encoding(), base, &none, DebugAddrBase(0));
        let mut ranges = ranges.ok()?;
        while let Ok(Some(range)) = ranges.next() {
            budget.spend(1)?;
            if (range.begin..range.end).contains(&address) {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// A table of abbreviations, read only when it ends soon enough.
fn abbreviations(sections: &Sections, at: DebugAbbrevOffset<usize>, budget: &mut Budget) -> Option<Abbreviations> {
    let section = sections.abbreviations.get(at.0..)?;
    let section = &section[..section.len().min(MAX_TABLE)];
    let length = table_length(section);
    budget.spend(length.unwrap_or(section.len()) / 4)?;
    let table: DebugAbbrev<Reader<'_>> = reader(&section[..length?]).into();
    table.abbreviations(DebugAbbrevOffset(0)).ok()
}

/// How many bytes a table of abbreviations takes.
fn table_length(section: &[u8]) -> Option<usize> {
    let mut rest = section;
    // Entries of a code, a tag, whether there are children, and pairs of name and form that end with two zeros.
    while number(&mut rest)? != 0 {
        number(&mut rest)?;
        rest = rest.get(1..)?;
        loop {
            let (name, form) = (number(&mut rest)?, number(&mut rest)?);
            if form == u64::from(constants::DW_FORM_implicit_const.0) {
                number(&mut rest)?;
            }
            if (name, form) == (0, 0) {
                break;
            }
        }
    }
    Some(section.len() - rest.len())
}

/// Reads a LEB128, of which only the lowest bits are of interest.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in 0.. {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        if shift < 9 {
            value |= u64::from(byte & 0x7f) << (7 * shift);
        }
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_table_is_found_without_reading_it() {
        let table = [
            1, 0x11, 1, 0x10, 0x17, 0, 0, 2, 0x81, 0x02, 0, 0x31, 0x21, 0x7f, 0, 0, 0, 9, 9,
        ];
        assert_eq!(table_length(&table), Some(17));
        assert_eq!(table_length(&table[..16]), None);
        assert_eq!(table_length(&[0xff; 100]), None);
    }
}
