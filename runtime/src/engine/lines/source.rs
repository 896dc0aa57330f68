//! From an offset in a component to a place in its author's source.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::budget::Budget;
use super::path::{self, Origin};
use super::program::{self, Place, Sequence};
use super::sections::{self, Sections};
use super::unit::{self, Unit};

/// The lines of one component.
pub(crate) struct Lines {
    modules: Vec<Module>,
    /// What is left for the indexes of all modules together.
    budget: Mutex<Budget>,
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// Whose file it is.
    pub(crate) origin: Origin,
    /// Its path, without what only the compiling machine knows.
    pub(crate) file: String,
    /// The line, from 1.
    pub(crate) line: u32,
    /// The column, from 1; 0 is the whole line.
    pub(crate) column: u32,
    /// The folder in which the compiler ran: one for each project.
    pub(crate) folder: String,
}

struct Module {
    sections: Sections,
    /// Made at the first trap: most components never have one.
    index: OnceLock<Index>,
}

struct Index {
    sequences: Vec<Sequence>,
    units: Vec<Unit>,
}

impl Lines {
    /// The lines that a component carries; none for most release builds.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let modules: Vec<Module> = sections::of_component(bytes)
            .into_iter()
            .map(|sections| Module {
                sections,
                index: OnceLock::new(),
            })
            .collect();
        (!modules.is_empty()).then(|| Self {
            modules,
            budget: Mutex::new(Budget::of_index()),
        })
    }

    /// The place of the instruction at this offset in the component.
    ///
    /// Where a function of a library was put in place of its call, it is the place of the call: the nearest file of
    /// the author's own counts, then one of a library's.
    /// All functions of one trap share a budget.
    pub(crate) fn at(&self, offset: usize, budget: &mut Budget) -> Option<Position> {
        let module = self
            .modules
            .iter()
            .find(|module| module.sections.code.contains(&offset))?;
        let index = module.index.get_or_init(|| {
            let mut left = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
            Index {
                sequences: program::sequences(&module.sections, &mut left),
                units: unit::units(&module.sections, &mut left),
            }
        });
        let address = u64::try_from(offset - module.sections.code.start).ok()?;
        module.at(index, address, budget)
    }
}

impl Module {
    fn at(&self, index: &Index, address: u64, budget: &mut Budget) -> Option<Position> {
        let program = program::containing(&index.sequences, address)?.program;
        let (header, innermost) = program::place(&self.sections, program, address, budget)?;
        let unit = index
            .units
            .binary_search_by_key(&program, |unit| unit.program)
            .ok()
            .and_then(|found| index.units.get(found));
        let folder = unit.map_or("", |unit| unit.folder.as_str());
        let calls = unit.map(|unit| unit::inlined_calls(&self.sections, unit, address, budget));
        let position = |place: Place| {
            let (directory, name) = program::file(&self.sections, &header, place.file, budget)?;
            budget.spend(folder.len())?;
            let (origin, file) = path::shown(folder, &directory, &name);
            (place.line > 0).then_some(Position {
                origin,
                file,
                line: place.line,
                column: place.column,
                folder: folder.to_owned(),
            })
        };
        let places: Vec<Position> = std::iter::once(innermost)
            .chain(calls.unwrap_or_default())
            .filter_map(position)
            .collect();
        let of = |origin| places.iter().find(|position| position.origin == origin);
        let best = of(Origin::Own).or_else(|| of(Origin::Dependency)).or(places.first());
        best.cloned()
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("modules", &self.modules.len()).finish()
    }
}
