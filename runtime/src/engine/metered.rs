//! An answer, with what it has cost.

/// What a component answered, and how much fuel that took.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metered<T> {
    /// The answer.
    pub answer: T,
    /// The fuel that the guest used for this call, without that of its start; none where fuel is not metered.
    pub fuel: Option<u64>,
}

impl<T> Metered<T> {
    pub(crate) fn new(answer: T, fuel: Option<u64>) -> Self {
        Self { answer, fuel }
    }
}
