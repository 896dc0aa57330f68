//! Patterns of characters: of one component of a path, and of a name.

use memchr::memmem::Finder;

use super::glob::{Element, elements};

/// The most `*` in a pattern that components and operators grant by: what is between two of them is searched for.
const MAX_STARS: usize = 2;

/// A pattern in which `*` stands for any number of characters and `?` for one; `[*]`, `[?]` and `[[]` are the characters
/// themselves.
///
/// What is before the first `*` and behind the last is compared where it has to be, and what is between is searched for
/// from left to right: the first place where it fits leaves the most for what follows. So the time to compare grows
/// with the length of the text and not with its product with the pattern's, unless there is a `?` between two `*`.
#[derive(Clone, Debug)]
pub(super) struct TextPattern {
    text: Box<str>,
    front: Part,
    /// Behind the first `*`; none when there is none.
    rest: Option<Rest>,
}

#[derive(Clone, Debug)]
struct Rest {
    between: Box<[Between]>,
    back: Part,
}

/// What is before the first `*` or behind the last.
#[derive(Clone, Debug)]
enum Part {
    Literal(Box<str>),
    Elements(Box<[Element]>),
}

/// What is between two `*`.
#[derive(Clone, Debug)]
enum Between {
    Literal(Box<Finder<'static>>),
    Elements(Box<[Element]>),
}

impl TextPattern {
    pub(super) fn new(text: &str) -> Self {
        let all: Vec<Element> = elements(text).collect();
        let mut parts = all.split(|element| *element == Element::Many);
        let front = Part::of(parts.next().unwrap_or_default());
        let mut behind: Vec<&[Element]> = parts.collect();
        let rest = behind.pop().map(|back| Rest {
            between: behind
                .into_iter()
                .filter(|part| !part.is_empty())
                .map(Between::of)
                .collect(),
            back: Part::of(back),
        });
        Self {
            text: text.into(),
            front,
            rest,
        }
    }

    /// Whether it has more `*` than one that components and operators grant by.
    pub(super) fn has_too_many_stars(&self) -> bool {
        elements(&self.text).filter(|element| *element == Element::Many).count() > MAX_STARS
    }

    /// Whether comparing with it takes longer than one may that components and operators grant by.
    pub(super) fn is_slow(&self) -> bool {
        let mut between = self.rest.iter().flat_map(|rest| &rest.between);
        between.any(|between| matches!(between, Between::Elements(_)))
    }

    /// As it was written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it fits the whole of a text.
    pub(super) fn fits(&self, text: &str) -> bool {
        let Some(mut left) = self.front.strip_front(text) else {
            return false;
        };
        let Some(rest) = &self.rest else {
            return left.is_empty();
        };
        let Some(end) = rest.back.strip_back(left) else {
            return false;
        };
        left = end;
        rest.between.iter().all(|between| match between.find(left) {
            Some(behind) => {
                left = behind;
                true
            }
            None => false,
        })
    }

    /// What every text begins with that it fits.
    pub(super) fn beginning(&self) -> String {
        self.front.exact(false)
    }

    /// What every text ends with that it fits.
    pub(super) fn ending(&self) -> String {
        self.rest.as_ref().map_or(&self.front, |rest| &rest.back).exact(true)
    }
}

impl PartialEq for TextPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for TextPattern {}

impl Part {
    fn of(elements: &[Element]) -> Self {
        match literal(elements) {
            Some(literal) => Self::Literal(literal.into()),
            None => Self::Elements(elements.into()),
        }
    }

    /// The rest of a text that begins as this says.
    fn strip_front<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Self::Literal(literal) => text.strip_prefix(&**literal),
            Self::Elements(elements) => strip(elements, text),
        }
    }

    /// The rest of a text that ends as this says.
    fn strip_back<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Self::Literal(literal) => text.strip_suffix(&**literal),
            Self::Elements(elements) => {
                let mut characters = text.chars();
                let fits = |element: &Element| characters.next_back().is_some_and(|own| element.fits(own));
                elements.iter().rev().all(fits).then_some(characters.as_str())
            }
        }
    }

    /// What it has at one end up to the first character that stands for others.
    fn exact(&self, is_end: bool) -> String {
        match self {
            Self::Literal(literal) => literal.to_string(),
            Self::Elements(elements) if is_end => {
                let mut exact: Vec<char> = elements.iter().rev().map_while(Element::exactly).collect();
                exact.reverse();
                exact.into_iter().collect()
            }
            Self::Elements(elements) => elements.iter().map_while(Element::exactly).collect(),
        }
    }
}

impl Between {
    fn of(elements: &[Element]) -> Self {
        match literal(elements) {
            Some(literal) => Self::Literal(Box::new(Finder::new(literal.as_bytes()).into_owned())),
            None => Self::Elements(elements.into()),
        }
    }

    /// What is behind the first place where it fits.
    fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Self::Literal(finder) => {
                let behind = finder.find(text.as_bytes())? + finder.needle().len();
                text.get(behind..)
            }
            Self::Elements(elements) => text
                .char_indices()
                .map(|(at, _)| &text[at..])
                .find_map(|from| strip(elements, from)),
        }
    }
}

fn strip<'a>(elements: &[Element], text: &'a str) -> Option<&'a str> {
    let mut characters = text.chars();
    let fits = |element: &Element| characters.next().is_some_and(|own| element.fits(own));
    elements.iter().all(fits).then_some(characters.as_str())
}

/// The text that elements are of which none stands for others.
fn literal(elements: &[Element]) -> Option<String> {
    elements.iter().map(Element::exactly).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::glob::{Stands, escaped, is_wild, matches};
    use super::*;

    fn fits_text(pattern: &str, text: &str) -> bool {
        TextPattern::new(pattern).fits(text)
    }

    #[test]
    fn stars_stand_for_any_number_of_characters() {
        let check = |pattern, text, expected| assert_eq!(fits_text(pattern, text), expected, "{pattern} {text}");
        check("", "", true);
        check("", "a", false);
        check("*", "", true);
        check("*", "anything", true);
        check("a*", "b", false);
        check("*.txt", "a.txt", true);
        check("*.txt", "a.txt.old", false);
        check("a*b*c", "a-b-b-c", true);
        check("a*b*c", "acb", false);
        check("a*a", "a", false);
        check("?", "é", true);
        check("?", "", false);
        check("a?c", "abc", true);
        check("ab*bc", "abc", false);
        check("a*é", "aé", true);
        check("[*]", "*", true);
        check("[*]", "a", false);
        check("[?][[]*", "?[x", true);
        check("[a]", "[a]", true);
        check("[", "[", true);
    }

    #[test]
    fn what_takes_long_to_compare_is_none_to_grant_by() {
        let costs = |text| TextPattern::new(text).is_slow() || TextPattern::new(text).has_too_many_stars();
        for cheap in ["*a*", "a?*b?", "*[*]*", "**"] {
            assert!(!costs(cheap), "{cheap}");
        }
        for costly in ["*a*b*", "*?*", "a*b?c*d"] {
            assert!(costs(costly), "{costly}");
        }
    }

    proptest! {
        #[test]
        fn fitting_is_what_its_definition_says(pattern in "[ab*?\\[\\]]{0,7}", text in "[abé\\[\\]*]{0,9}") {
            let stands = |element: &Element| match element {
                Element::Many => Stands::Many,
                _ => Stands::One,
            };
            let expected = matches(elements(&pattern), text.chars(), stands, |element, own| element.fits(*own));
            let own = TextPattern::new(&pattern);
            prop_assert_eq!(own.fits(&text), expected);
            let has_edges = text.starts_with(&own.beginning()) && text.ends_with(&own.ending());
            prop_assert!(!expected || has_edges);
        }

        #[test]
        fn an_escaped_text_fits_itself_and_nothing_else(text in "[ab*?\\[\\]]{0,8}", other in "[ab*?\\[\\]]{0,8}") {
            let pattern = escaped(&text);
            prop_assert!(!is_wild(&pattern));
            prop_assert_eq!(fits_text(&pattern, &other), text == other);
        }
    }
}
