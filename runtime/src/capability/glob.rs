//! The one matcher of sequences: of the characters of a name, and of the components of a path.

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

/// The most `*` in a pattern of characters: what is between two of them is searched for in the whole text.
const MAX_STARS: usize = 2;

/// What one character of a pattern, or an escaped one, stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Many,
    One,
    Exactly(char),
}

/// The elements of a pattern of characters; `[*]`, `[?]` and `[[]` are the characters themselves.
#[derive(Clone)]
struct Elements<'a>(std::str::Chars<'a>);

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

fn elements(pattern: &str) -> Elements<'_> {
    Elements(pattern.chars())
}

/// Whether something in a pattern of characters stands for others.
pub(super) fn is_wild(pattern: &str) -> bool {
    elements(pattern).any(|element| !matches!(element, Element::Exactly(_)))
}

/// Whether comparing with it takes longer than it may.
pub(super) fn has_too_many_stars(pattern: &str) -> bool {
    elements(pattern).filter(|element| *element == Element::Many).count() > MAX_STARS
}

/// The text that a pattern without wildcards is.
pub(super) fn unescaped(pattern: &str) -> String {
    let characters = elements(pattern).filter_map(|element| match element {
        Element::Exactly(character) => Some(character),
        Element::Many | Element::One => None,
    });
    characters.collect()
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

/// What every text begins with that a pattern of characters fits.
pub(super) fn beginning(pattern: &str) -> &str {
    pattern.split(['*', '?', '[']).next().unwrap_or("")
}

/// What every text ends with that a pattern of characters fits; nothing before a bracket, which may be part of an escape.
pub(super) fn ending(pattern: &str) -> &str {
    pattern.rsplit(['*', '?', ']']).next().unwrap_or("")
}

/// Whether a pattern of characters fits a text: `*` stands for any number of characters and `?` for one.
pub(super) fn fits_text(pattern: &str, text: &str) -> bool {
    // Most of what does not fit is told by what stands before and behind all wildcards, and a single `*` always is.
    let is_wild = |byte: &u8| matches!(byte, b'*' | b'?');
    let (own, bytes) = (pattern.as_bytes(), text.as_bytes());
    if own.contains(&b'[') {
        return fits_slowly(pattern, text);
    }
    let Some(first) = own.iter().position(is_wild) else {
        return own == bytes;
    };
    let last = own.iter().rposition(is_wild).unwrap_or(first);
    let (before, behind) = (&own[..first], &own[last + 1..]);
    if !bytes.starts_with(before) || !bytes.ends_with(behind) {
        return false;
    }
    if first == last && own[first] == b'*' {
        return bytes.len() >= before.len() + behind.len();
    }
    fits_slowly(pattern, text)
}

fn fits_slowly(pattern: &str, text: &str) -> bool {
    matches(
        elements(pattern),
        text.chars(),
        |element| match element {
            Element::Many => Stands::Many,
            _ => Stands::One,
        },
        |element, character| *element == Element::One || *element == Element::Exactly(*character),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

    proptest! {
        #[test]
        fn what_is_told_early_is_what_comparing_says(pattern in "[ab*?\\[\\]]{0,6}", text in "[abé\\[\\]*]{0,8}") {
            prop_assert_eq!(fits_text(&pattern, &text), fits_slowly(&pattern, &text));
            let has_edges = text.starts_with(beginning(&pattern)) && text.ends_with(ending(&pattern));
            prop_assert!(!fits_text(&pattern, &text) || has_edges);
        }

        #[test]
        fn an_escaped_text_fits_itself_and_nothing_else(text in "[ab*?\\[\\]]{0,8}", other in "[ab*?\\[\\]]{0,8}") {
            let pattern = escaped(&text);
            prop_assert!(!is_wild(&pattern));
            prop_assert_eq!(&unescaped(&pattern), &text);
            prop_assert_eq!(fits_text(&pattern, &other), text == other);
        }
    }
}
