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

/// What every text begins with that a pattern of characters fits.
pub(super) fn beginning(pattern: &str) -> &str {
    pattern.split(['*', '?']).next().unwrap_or("")
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
    matches(
        pattern.chars(),
        text.chars(),
        |element| match element {
            '*' => Stands::Many,
            _ => Stands::One,
        },
        |element, character| *element == '?' || element == character,
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
    }

    proptest! {
        #[test]
        fn what_is_told_early_is_what_comparing_says(pattern in "[ab*?]{0,6}", text in "[abé]{0,8}") {
            let stands = |element: &char| if *element == '*' { Stands::Many } else { Stands::One };
            let fits = |element: &char, character: &char| *element == '?' || element == character;
            prop_assert_eq!(fits_text(&pattern, &text), matches(pattern.chars(), text.chars(), stands, fits));
            let has_edges = text.starts_with(beginning(&pattern)) && text.ends_with(ending(&pattern));
            prop_assert!(!fits_text(&pattern, &text) || has_edges);
        }
    }
}
