//! Component types, walked without recursion and without building them.

use wasmparser::{
    BinaryReader, ComponentAlias, ComponentExternName, ComponentImport, ComponentType, ComponentTypeRef, CoreType,
    FromReader,
};

use super::tally::{Counted, Tally};
use crate::component::inspect::malformed;
use crate::error::Error;

/// Counts the types of a section's contents: a number of types, then the types.
///
/// wasmparser reads a type by calling itself for each level, three bytes of input each, so that a file of some
/// hundred kilobytes ends the stack; here the levels are kept in a list.
pub(super) fn count(contents: &[u8], offset: usize, tally: &mut Tally) -> Result<(), Error> {
    let mut reader = BinaryReader::new(contents, offset);
    let mut left = vec![read::<u32>(&mut reader)?];
    while let Some(last) = left.last_mut() {
        if *last == 0 {
            left.pop();
            continue;
        }
        *last -= 1;
        // The outermost list has types only; the others have declarations, of which types are one sort.
        let opens = if left.len() == 1 {
            one_type(&mut reader, tally)?
        } else {
            declaration(&mut reader, tally)?
        };
        if let Some(declarations) = opens {
            left.push(declarations);
            tally.reach(Counted::TypeNesting, left.len() as u64 - 1)?;
        }
    }
    Ok(())
}

/// Reads a type; of a component or instance type only its beginning, and how many declarations follow.
fn one_type(reader: &mut BinaryReader<'_>, tally: &mut Tally) -> Result<Option<u32>, Error> {
    tally.add(Counted::Types, 1)?;
    if matches!(peek(reader), Some(0x41 | 0x42)) {
        reader.read_u8().map_err(malformed)?;
        return read(reader).map(Some);
    }
    read::<ComponentType<'_>>(reader)?;
    Ok(None)
}

fn declaration(reader: &mut BinaryReader<'_>, tally: &mut Tally) -> Result<Option<u32>, Error> {
    // The bytes are those of wasmparser's `InstanceTypeDeclaration` and `ComponentTypeDeclaration`.
    match reader.read_u8().map_err(malformed)? {
        0x00 => {
            tally.add(Counted::Types, 1)?;
            read::<CoreType<'_>>(reader)?;
        }
        0x01 => return one_type(reader, tally),
        0x02 => {
            read::<ComponentAlias<'_>>(reader)?;
        }
        0x03 => tally.name(read::<ComponentImport<'_>>(reader)?.name.name)?,
        0x04 => {
            tally.name(read::<ComponentExternName<'_>>(reader)?.name)?;
            read::<ComponentTypeRef>(reader)?;
        }
        byte => {
            return Err(Error::NotAComponent {
                reason: format!("{byte:#x} begins no declaration of a component type"),
            });
        }
    }
    Ok(None)
}

fn peek(reader: &BinaryReader<'_>) -> Option<u8> {
    reader.clone().read_u8().ok()
}

fn read<'a, T: FromReader<'a>>(reader: &mut BinaryReader<'a>) -> Result<T, Error> {
    reader.read::<T>().map_err(malformed)
}
