//! Where in an argument a value is, as a mistake names it.

use std::borrow::Cow;

/// The way to a value: the parameter's name, then fields and indices.
pub(in crate::typed) struct Path<'a> {
    before: Option<&'a Path<'a>>,
    step: Cow<'a, str>,
}

impl<'a> Path<'a> {
    pub(in crate::typed) fn of(parameter: &'a str) -> Self {
        Self {
            before: None,
            step: Cow::Borrowed(parameter),
        }
    }

    pub(super) fn then(&'a self, step: impl Into<Cow<'a, str>>) -> Self {
        Self {
            before: Some(self),
            step: step.into(),
        }
    }

    pub(super) fn text(&self) -> String {
        let before = self.before.map(Path::text).unwrap_or_default();
        format!("{before}{}", self.step)
    }
}
