//! What a typed call answers, as the text of its JSON: bounded, because a byte of a value may be six of its text.

use std::io;

use serde_json::Value as Json;

use crate::error::{Bounded, Error};

/// The longest text, in bytes.
pub(super) const MAX_TEXT: usize = 16 << 20;

/// Keeps what is within the bound, and counts all.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    length: usize,
}

impl io::Write for Text {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.length = self.length.saturating_add(part.len());
        if self.length <= MAX_TEXT {
            self.bytes.extend_from_slice(part);
        }
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The text, in one line that ends.
pub(super) fn text(json: &Json) -> Result<Vec<u8>, Error> {
    let mut text = Text::default();
    let written = serde_json::to_writer(&mut text, json);
    written.map_err(|error| Error::Engine {
        reason: format!("the answer cannot be written: {error}"),
    })?;
    if text.length > MAX_TEXT {
        return Err(Error::too_large(Bounded::Answer, text.length, MAX_TEXT));
    }
    text.bytes.push(b'\n');
    Ok(text.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_bounded_by_what_it_takes_and_not_by_what_it_says() {
        assert_eq!(text(&serde_json::json!([1, "a"])).unwrap(), b"[1,\"a\"]\n");
        let fits = "a".repeat(MAX_TEXT - 2);
        assert_eq!(text(&fits.into()).unwrap().len(), MAX_TEXT + 1);
        let escaped = "\u{1}".repeat(MAX_TEXT / 4);
        let error = text(&escaped.into()).unwrap_err();
        let size = 6 * (MAX_TEXT as u64 / 4) + 2;
        assert!(
            matches!(error, Error::TooLarge { what: Bounded::Answer, size: told, .. } if told == size),
            "{error}"
        );
    }
}
