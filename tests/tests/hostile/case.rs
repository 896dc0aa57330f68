//! One case: bytes, and what comes of deploying them.

/// What a host is given, and what it must answer.
pub(crate) struct Case {
    /// Says what is hostile.
    pub(crate) what: String,
    /// Makes the bytes when the case is run, because some are large.
    pub(crate) bytes: Box<dyn Fn() -> Vec<u8> + Send + Sync>,
    /// The code of the error, `ok`, or several of them divided by `|` where the difference does not matter.
    pub(crate) expected: &'static str,
    /// Whether the release has the small limits of the arena instead of the manifest inside the bytes.
    pub(crate) limited: bool,
}

/// A case of which the bytes are made by a function.
pub(crate) fn case(
    what: impl Into<String>,
    bytes: impl Fn() -> Vec<u8> + Send + Sync + 'static,
    expected: &'static str,
) -> Case {
    Case {
        what: what.into(),
        bytes: Box::new(bytes),
        expected,
        limited: true,
    }
}

/// A case written in the text format.
pub(crate) fn text(what: &str, text: impl Into<String>, expected: &'static str) -> Case {
    let (text, named) = (text.into(), what.to_owned());
    case(
        what,
        move || wat::parse_str(&text).unwrap_or_else(|error| panic!("{named}: {error}")),
        expected,
    )
}
