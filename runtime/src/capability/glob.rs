//! What patterns are made of: how their elements are written, and how a sequence of them is compared with another.

/// What one element of a pattern stands for.
pub(super) enum Stands {
    /// For one element that it fits.
    One,
    /// For any number of elements, also none.
    Many,
}

/// Whether `pattern` fits the whole of `items`.
///
/// `stands` says what an element of the pattern stands for, and `fits` whether it fits an element of the sequence.
/// Time grows with the product of both lengths, and nothing is allocated: after a mismatch only the last element that
/// stands for many takes one more, because whatever an earlier one could take, the last one can as well.
pub(super) fn matches<P: Iterator + Clone, I: Iterator + Clone>(
    pattern: P,
    items: I,
    stands: impl Fn(&P::Item) -> Stands,
    fits: impl Fn(&P::Item, &I::Item) -> bool,
) -> bool {
    let (mut pattern, mut items) = (pattern, items);
    let mut retry: Option<(P, I)> = None;
    loop {
        let (mut next_pattern, mut next_items) = (pattern.clone(), items.clone());
        let element = next_pattern.next();
        if let Some(Stands::Many) = element.as_ref().map(&stands) {
            retry = Some((next_pattern.clone(), items.clone()));
            pattern = next_pattern;
            continue;
        }
        match (element, next_items.next()) {
            (None, None) => return true,
            (Some(element), Some(item)) if fits(&element, &item) => {
                (pattern, items) = (next_pattern, next_items);
            }
            (None, Some(_)) | (Some(_), _) => {
                let Some((after, from)) = &mut retry else { return false };
                if from.next().is_none() {
                    return false;
                }
                (pattern, items) = (after.clone(), from.clone());
            }
        }
    }
}

/// What one character of a pattern, or an escaped one, stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Many,
    One,
    Exactly(char),
}

impl Element {
    /// The character that it is, when it stands for no other.
    pub(super) fn exactly(&self) -> Option<char> {
        match self {
            Self::Exactly(character) => Some(*character),
            Self::Many | Self::One => None,
        }
    }

    /// Whether it fits one character.
    pub(super) fn fits(&self, character: char) -> bool {
        self.exactly().is_none_or(|own| own == character)
    }
}

/// The elements of a pattern of characters; `[*]`, `[?]` and `[[]` are the characters themselves.
#[derive(Clone)]
pub(super) struct Elements<'a>(std::str::Chars<'a>);

impl Iterator for Elements<'_> {
    type Item = Element;

    fn next(&mut self) -> Option<Element> {
        let rest = self.0.as_str();
        for escaped in ['*', '?', '['] {
            if let Some(after) = rest.strip_prefix('[').and_then(|rest| rest.strip_prefix(escaped))
                && let Some(after) = after.strip_prefix(']')
            {
                self.0 = after.chars();
                return Some(Element::Exactly(escaped));
            }
        }
        self.0.next().map(|character| match character {
            '*' => Element::Many,
            '?' => Element::One,
            character => Element::Exactly(character),
        })
    }
}

pub(super) fn elements(pattern: &str) -> Elements<'_> {
    Elements(pattern.chars())
}

/// Whether something in a pattern of characters stands for others.
pub(super) fn is_wild(pattern: &str) -> bool {
    elements(pattern).any(|element| !matches!(element, Element::Exactly(_)))
}

/// The text that a pattern without wildcards is.
pub(super) fn unescaped(pattern: &str) -> String {
    elements(pattern).filter_map(|element| element.exactly()).collect()
}

/// The pattern that fits this text and no other.
pub(crate) fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let rest = &text[at..];
        let is_escape = ["[*]", "[?]", "[[]"].iter().any(|escape| rest.starts_with(escape));
        match character {
            '*' | '?' => pattern.extend(['[', character, ']']),
            '[' if is_escape => pattern.push_str("[[]"),
            character => pattern.push(character),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_escaped_text_is_read_as_it_was(text in "[ab*?\\[\\]]{0,8}") {
            let pattern = escaped(&text);
            prop_assert!(!is_wild(&pattern));
            prop_assert_eq!(unescaped(&pattern), text);
        }
    }
}
