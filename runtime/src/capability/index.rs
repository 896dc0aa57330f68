//! Finds the patterns that may fit an access without comparing it with each: by how all that they fit begins and ends.

/// Patterns, or what is beside them, each under the bytes that every access begins and ends with that it fits.
#[derive(Clone, Debug)]
pub(super) struct Indexed<T> {
    all: Vec<T>,
    /// One for each beginning, in their order.
    groups: Vec<Group>,
}

/// All that begins in one way.
#[derive(Clone, Debug)]
struct Group {
    beginning: Box<[u8]>,
    /// The group with the next shorter beginning that this one begins with as well.
    shorter: Option<usize>,
    /// The endings in the order in which they were added; next to each other, because each of them is looked at.
    endings: Vec<Ending>,
    /// The places among all, in the same order.
    places: Vec<usize>,
}

/// The last bytes of a text, as many as fit in one number.
#[derive(Clone, Copy, Debug)]
struct Ending {
    bytes: u64,
    /// Which bytes of the number count.
    mask: u64,
}

impl Ending {
    fn of(text: &[u8]) -> Self {
        let mut bytes = [0; 8];
        let length = text.len().min(bytes.len());
        bytes[8 - length..].copy_from_slice(&text[text.len() - length..]);
        Self {
            bytes: u64::from_be_bytes(bytes),
            mask: u64::MAX.checked_shr(64 - 8 * length as u32).unwrap_or(0),
        }
    }

    /// Whether a text with this ending may end with the other; none that is as short has zeros before it.
    fn ends_with(self, other: Self) -> bool {
        self.bytes & other.mask == other.bytes
    }
}

impl<T> Default for Indexed<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            groups: Vec::new(),
        }
    }
}

impl<T> Indexed<T> {
    pub(super) fn push(&mut self, item: T, beginning: Vec<u8>, ending: &[u8]) {
        let place = self.all.len();
        self.all.push(item);
        let at = self.groups.partition_point(|group| *group.beginning < *beginning);
        if self.groups.get(at).is_none_or(|group| *group.beginning != *beginning) {
            let group = Group {
                beginning: beginning.into(),
                shorter: None,
                endings: Vec::new(),
                places: Vec::new(),
            };
            self.groups.insert(at, group);
            self.link();
        }
        self.groups[at].endings.push(Ending::of(ending));
        self.groups[at].places.push(place);
    }

    /// Links each group to the one before it in whose range it is.
    fn link(&mut self) {
        let mut around: Vec<usize> = Vec::new();
        for own in 0..self.groups.len() {
            let begins_with = |other: usize| {
                let (own, other) = (&self.groups[own].beginning, &self.groups[other].beginning);
                own.starts_with(other)
            };
            while around.last().is_some_and(|other| !begins_with(*other)) {
                around.pop();
            }
            self.groups[own].shorter = around.last().copied();
            around.push(own);
        }
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.all.iter()
    }

    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.all.iter_mut()
    }

    /// All whose beginning and ending `text` has, those with the longest beginning first.
    /// Of endings the last 8 bytes are compared.
    ///
    /// What begins in one way is next to each other in the order of bytes. So the last group that is not behind `text`
    /// begins with everything that is looked for, and the links from it lead to all of it.
    pub(super) fn around(&self, text: &[u8]) -> impl Iterator<Item = &T> {
        let behind = self.groups.partition_point(|group| *group.beginning <= *text);
        let nearest = behind.checked_sub(1).map(|last| &self.groups[last]);
        let chain = std::iter::successors(nearest, |group| group.shorter.map(|shorter| &self.groups[shorter]));
        let ending = Ending::of(text);
        // Whatever is linked from one that fits is a beginning of it.
        chain
            .skip_while(|group| !text.starts_with(&group.beginning))
            .flat_map(move |group| {
                let fitting = group.endings.iter().enumerate();
                let fitting = fitting.filter(move |(_, other)| ending.ends_with(**other));
                fitting.map(|(at, _)| &self.all[group.places[at]])
            })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn indexed(beginnings: &[String]) -> Indexed<String> {
        let mut indexed = Indexed::default();
        for beginning in beginnings {
            indexed.push(beginning.clone(), beginning.clone().into_bytes(), b"");
        }
        indexed
    }

    #[test]
    fn the_longest_beginning_is_found_first() {
        let indexed = indexed(&["", "/data", "/data/a", "/data/b", "/database"].map(str::to_owned));
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<_> = indexed.around(text.as_bytes()).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("/data/b/c", &["/data/b", "/data", ""]);
        check("/data/c", &["/data", ""]);
        check("/dat", &[""]);
        check("", &[""]);
    }

    #[test]
    fn of_equal_beginnings_the_first_that_was_added_is_found_first() {
        let mut indexed = Indexed::default();
        for n in 0..5 {
            indexed.push(n, b"/data".to_vec(), b"");
        }
        assert_eq!(indexed.around(b"/data/a").copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    }

    proptest! {
        #[test]
        fn all_that_have_beginning_and_ending_are_found(
            edges in prop::collection::vec(("[ab]{0,4}", "[ab]{0,8}"), 0..12),
            text in "[ab]{0,10}",
        ) {
            let mut indexed = Indexed::default();
            for (beginning, ending) in &edges {
                let own = (beginning.clone(), ending.clone());
                indexed.push(own, beginning.clone().into_bytes(), ending.as_bytes());
            }
            let mut found: Vec<_> = indexed.around(text.as_bytes()).cloned().collect();
            let has = |(beginning, ending): &(String, String)| text.starts_with(beginning) && text.ends_with(ending);
            let mut expected: Vec<_> = edges.into_iter().filter(has).collect();
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
        }
    }
}
