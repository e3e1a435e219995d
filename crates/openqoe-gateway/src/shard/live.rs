//! What a shard says of the sessions going on: in parts, so that batches need not wait for the whole.

use std::collections::HashMap;

use openqoe_engine::{Open, Source};
use openqoe_spec::{Attributes, Protocol};

use super::Worker;
use crate::archive::Row;
use crate::facts::Slice;
use crate::journal::Entry;

/// Places looked at at once: about a millisecond.
const PLACES: usize = 2048;

impl Worker {
    /// The sessions of some places that have not ended, with what their labels say of them.
    pub(super) fn live(&self, from: usize) -> Slice {
        let mut known = HashMap::new();
        let (open, next) = self.engine.open(from, PLACES);
        let rows = open.filter(|open| !open.is_past).map(|open| {
            let attributes = known.entry(open.set).or_insert_with(|| self.table.attributes(open.set));
            row(&open, attributes.clone())
        });
        Slice { rows: rows.collect(), next }
    }

    /// How a session stands, with what its newest batch says of it; its labels, where the journal has that no more.
    pub(super) fn state(&mut self, tenant: &str, session_id: &str) -> Option<(Row, bool)> {
        let (open, is_over) = self.engine.session_of(tenant, session_id)?;
        let (set, batch) = (open.set, open.batch);
        let mut row = row(&open, Attributes::default());
        let told = self.journal.as_mut().and_then(|journal| journal.batch(batch).ok().flatten());
        match told.filter(|entry| *entry.batch.session_id == *session_id) {
            Some(Entry { protocol, batch, .. }) => {
                (row.protocol, row.attributes) = (protocol, batch.attributes)
            }
            None => row.attributes = self.table.attributes(set),
        }
        Some((row, is_over))
    }
}

fn row(open: &Open<'_>, attributes: Attributes) -> Row {
    let Source(protocol) = open.source;
    Row {
        tenant: open.tenant.into(),
        session_id: open.session_id.into(),
        protocol: Protocol::ALL.get(usize::from(protocol)).copied().unwrap_or(Protocol::Native),
        began_at: open.began_at,
        heard_at: open.heard_at,
        attributes,
        summary: open.summary.clone(),
    }
}
