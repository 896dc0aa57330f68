//! How much work one question may cost.

/// Steps that are left; one takes some nanoseconds.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    /// For what is read once for each component: about 50 ms.
    pub(super) fn of_index() -> Self {
        Self(8 << 20)
    }

    /// For all functions of one trap together: some tens of milliseconds.
    pub(crate) fn of_trap() -> Self {
        Self(4 << 20)
    }

    /// Takes steps away; none when there are too few.
    pub(super) fn spend(&mut self, steps: usize) -> Option<()> {
        self.0 = self.0.checked_sub(steps)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_gone() {
        let mut budget = Budget(3);
        assert!(budget.spend(2).is_some());
        assert!(budget.spend(2).is_none());
        assert!(budget.spend(1).is_some());
        assert!(budget.spend(1).is_none());
    }
}
