//! The running numbers, each of which is refused as soon as it is over its cap.

use super::CAPS;
use crate::error::Error;

/// What is counted; the order is that of [`CAPS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Sections,
    Modules,
    Components,
    Nesting,
    CoreInstances,
    Instances,
    Expanded,
    CoreTypes,
    CoreTypeBytes,
    Types,
    TypeBytes,
    TypeNesting,
    Functions,
    TypeArity,
    FunctionArity,
    FunctionBytes,
    FunctionLocals,
    Locals,
    Blocks,
    Flow,
    Values,
    Memories,
    Tables,
    Segments,
    Names,
    NameBytes,
    DebugBytes,
    CustomBytes,
}

/// How much of everything there is so far: sums, and of what has a cap for one thing, the most.
#[derive(Debug, Default)]
pub(super) struct Tally([u64; CAPS.len()]);

impl Tally {
    /// Adds to a sum.
    pub(super) fn add(&mut self, counted: Counted, more: u64) -> Result<(), Error> {
        let sum = self.0[counted as usize].saturating_add(more);
        self.reach(counted, sum)
    }

    /// Notes a number that has its cap by itself.
    pub(super) fn reach(&mut self, counted: Counted, count: u64) -> Result<(), Error> {
        let most = &mut self.0[counted as usize];
        *most = count.max(*most);
        let (_, what, limit) = CAPS[counted as usize];
        if count > limit {
            return Err(Error::TooComplex {
                what: what.into(),
                count,
                limit,
            });
        }
        Ok(())
    }

    /// Notes the length of a name.
    pub(super) fn name(&mut self, name: &str) -> Result<(), Error> {
        self.reach(Counted::NameBytes, name.len() as u64)?;
        self.add(Counted::Names, 1)
    }

    /// Every number, by the order of [`CAPS`].
    #[cfg(test)]
    pub(super) fn numbers(&self) -> &[u64] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caps_are_in_the_order_of_what_is_counted() {
        for (place, (counted, ..)) in CAPS.iter().enumerate() {
            assert_eq!(*counted as usize, place, "{counted:?}");
        }
    }

    #[test]
    fn every_cap_is_documented() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/src/limits.md");
        let page = std::fs::read_to_string(page).unwrap();
        for (_, what, limit) in CAPS {
            let shown = match limit {
                bytes if what.starts_with("bytes") => crate::component::ByteCount(bytes).to_string(),
                count => grouped(count),
            };
            let shown = shown.replace(".0 ", " ");
            assert!(page.contains(&format!("| {what} | {shown} |")), "| {what} | {shown} |");
        }
    }

    fn grouped(count: u64) -> String {
        let digits = count.to_string();
        let groups: Vec<&str> = digits
            .as_bytes()
            .rchunks(3)
            .rev()
            .map(|group| std::str::from_utf8(group).unwrap())
            .collect();
        groups.join(",")
    }

    #[test]
    fn what_is_over_its_cap_is_named_with_both_numbers() {
        let mut tally = Tally::default();
        tally.add(Counted::Memories, 64).unwrap();
        let error = tally.add(Counted::Memories, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the component has 65 memories or more, and may have at most 64"
        );
        assert!(tally.reach(Counted::NameBytes, u64::MAX).is_err());
    }
}
