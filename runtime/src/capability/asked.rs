//! What a release asks for, in the form in which accesses are compared with it.

use std::ops::Deref;
use std::sync::Arc;

use super::access::Access;
use super::index::Indexed;
use super::{Capability, Grant};

/// All that a release asks for, shared by its instances.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked(Arc<Rows>);

#[derive(Debug, Default)]
struct Rows {
    all: Vec<Grant>,
    /// The places in `all`, with a row for each kind of capability.
    rows: [Indexed<usize>; Capability::ROWS],
}

impl Asked {
    /// Whether an access is asked for.
    pub(super) fn fits(&self, access: &Access<'_>) -> bool {
        let beginning = access.beginning();
        let mut places = self.0.rows[access.row()].around(beginning.as_ref());
        places.any(|place| self.0.all[*place].fits(access))
    }
}

impl Deref for Asked {
    type Target = [Grant];

    fn deref(&self) -> &[Grant] {
        &self.0.all
    }
}

impl From<Vec<Grant>> for Asked {
    fn from(all: Vec<Grant>) -> Self {
        let mut rows = Rows::default();
        for (place, grant) in all.iter().enumerate() {
            rows.rows[grant.capability().row()].push(place, grant.beginning(), &grant.ending());
        }
        Self(Arc::new(Rows { all, ..rows }))
    }
}
