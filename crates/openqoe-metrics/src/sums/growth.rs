//! What was counted between one snapshot and the next: of each tenant as a whole, and of each value of each attribute by itself.
//!
//! Growth is taken row by row. A row that is gone has not grown, and one that comes back has counted from nothing, so neither
//! hides what the others of its value counted meanwhile.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use openqoe_spec::{ATTRIBUTES, Class, Scope};

use super::Sums;
use crate::label_set::parse;
use crate::snapshot::Snapshot;

/// What one tenant's viewers added.
#[derive(Clone, Debug, Default)]
pub struct Growth {
    /// All of it.
    pub total: Sums,
    /// By attribute and value. Views that do not report an attribute are in none of its values.
    pub values: BTreeMap<&'static str, BTreeMap<Box<str>, Sums>>,
}

/// Remembers what each row had counted when it was seen last: about a kilobyte a row.
#[derive(Debug, Default)]
pub struct RowMemory {
    before: HashMap<Arc<str>, Sums>,
}

impl RowMemory {
    /// What has grown since the call before, by tenant; nothing is there of a tenant in whose rows nothing happened and nobody
    /// is. The first call finds that everything has grown.
    pub fn observe(&mut self, snapshot: &Snapshot) -> BTreeMap<Box<str>, Growth> {
        let mut growth = BTreeMap::<Box<str>, Growth>::new();
        let rows = snapshot.rows(Scope::View);
        let mut now = HashMap::with_capacity(rows.len());
        for (labels, cells) in rows {
            let mut sums = Sums::default();
            sums.add(cells);
            let grown = match self.before.get(labels) {
                Some(before) if sums.covers(before) => sums.since(before),
                _ => sums.clone(),
            };
            now.insert(labels.clone(), sums);
            if !grown.is_empty() {
                note(&mut growth, labels, &grown);
            }
        }
        self.before = now;
        growth
    }

    /// How many rows are remembered.
    pub fn rows(&self) -> usize {
        self.before.len()
    }
}

fn note(growth: &mut BTreeMap<Box<str>, Growth>, labels: &str, grown: &Sums) {
    let Some((tenant, values)) = parse(labels) else { return };
    let of_tenant = match growth.get_mut(&*tenant) {
        Some(of_tenant) => of_tenant,
        None => growth.entry(tenant.as_ref().into()).or_default(),
    };
    of_tenant.total.merge(grown);
    for (def, value) in ATTRIBUTES.iter().zip(&values) {
        if def.class == Class::TraceOnly || value.is_empty() {
            continue;
        }
        let known = of_tenant.values.entry(def.name).or_default();
        match known.get_mut(&**value) {
            Some(sums) => sums.merge(grown),
            None => drop(known.insert(value.as_ref().into(), grown.clone())),
        }
    }
}
