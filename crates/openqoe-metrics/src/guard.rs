//! The cardinality guard: how many values a label may have and how many label sets a tenant. What is beyond becomes
//! `__overflow__` and is counted, so the series stay bounded whatever clients send (invariant 3 of the architecture).
//!
//! One guard is shared by all shards, for a budget is the tenant's, not the shard's. It is asked when a session's label set
//! is interned and when a row meets an error code it does not hold yet; never for an event on its way into a slot.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openqoe_spec::{ATTRIBUTES, Attribute, Attributes, Class, Guarded};
use serde::{Deserialize, Serialize};

use crate::labels::push_label;

/// The value all values beyond a budget share.
pub const OVERFLOW: &str = "__overflow__";
/// How many things have a budget.
const GUARDED: usize = Guarded::ALL.len();

/// What a tenant may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Values of each guarded label per tenant, in the order of [`Guarded::ALL`].
    pub budgets: [usize; GUARDED],
    /// Label sets per tenant. One row more takes what is beyond.
    pub max_label_sets: usize,
}

impl Default for Limits {
    /// The budgets of the registry and 2000 label sets.
    fn default() -> Limits {
        let mut budgets = [0; GUARDED];
        for (budget, guarded) in budgets.iter_mut().zip(Guarded::ALL) {
            *budget = guarded.default_budget();
        }
        Limits { budgets, max_label_sets: 2000 }
    }
}

/// Keeps the budgets of all tenants.
#[derive(Debug)]
pub struct Guard {
    limits: Limits,
    tenants: Mutex<HashMap<Box<str>, Tenant>>,
}

#[derive(Debug, Default)]
struct Tenant {
    values: [HashSet<Box<str>>; GUARDED],
    label_sets: HashSet<Arc<str>>,
    tally: Tally,
}

/// What was folded. The guard counts all of it; each table its own part, for that is what its checkpoint answers for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Values, in the order of [`Guarded::ALL`].
    pub(crate) folded: [u64; GUARDED],
    /// Whole label sets.
    pub(crate) refused: u64,
}

impl Tally {
    /// Adds another.
    pub(crate) fn add(&mut self, more: &Tally) {
        for (mine, more) in self.folded.iter_mut().zip(more.folded) {
            *mine = mine.saturating_add(more);
        }
        self.refused = self.refused.saturating_add(more.refused);
    }

    fn one(guarded: Guarded) -> Tally {
        let mut tally = Tally::default();
        tally.folded[guarded.index()] = 1;
        tally
    }
}

/// What is within the budgets of one tenant, for a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Admitted {
    pub(crate) tenant: Box<str>,
    /// By name of the guarded thing.
    pub(crate) values: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
    pub(crate) label_sets: BTreeSet<Arc<str>>,
}

/// The rows a session writes to, as label text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Resolved {
    /// `tenant` and what is known of the session.
    pub(crate) view: Arc<str>,
    /// `tenant`, `experiment_id`, `experiment_variant`, when the session takes part in an experiment.
    pub(crate) experiment: Option<Arc<str>>,
}

impl Guard {
    /// A guard that has seen nothing.
    pub fn new(limits: Limits) -> Guard {
        Guard { limits, tenants: Mutex::default() }
    }

    /// How often a value of each guarded label was folded into [`OVERFLOW`], in the order of [`Guarded::ALL`]: attributes
    /// once for each session (by its own budget or with the whole label set), error codes once for each error.
    pub fn folded(&self, tenant: &str) -> [u64; GUARDED] {
        self.lock().get(tenant).map_or([0; GUARDED], |tenant| tenant.tally.folded)
    }

    /// Label sets the tenant has in all shards together, without the one for what is beyond the limit.
    pub fn label_sets(&self, tenant: &str) -> usize {
        self.lock().get(tenant).map_or(0, |tenant| tenant.label_sets.len())
    }

    /// Sessions whose label set was beyond the limit.
    pub fn refused(&self, tenant: &str) -> u64 {
        self.lock().get(tenant).map_or(0, |tenant| tenant.tally.refused)
    }

    /// The label sets of a session within the limits.
    pub(crate) fn resolve(&self, name: &str, attributes: &Attributes) -> (Resolved, Tally) {
        self.with(name, |tenant| {
            let mut tally = Tally::default();
            let mut values = [""; ATTRIBUTES.len()];
            for (attribute, resolved) in Attribute::ALL.iter().zip(&mut values) {
                *resolved = match (ATTRIBUTES[attribute.index()].class, attributes.get(*attribute)) {
                    (Class::TraceOnly, _) | (_, "") => "",
                    (Class::Label, value) => value,
                    (Class::Guarded(guarded), value) => {
                        tenant.within(&self.limits, guarded, value, &mut tally)
                    }
                };
            }
            let resolved = Resolved {
                experiment: experiment_text(name, &values),
                view: tenant.label_set(&self.limits, name, &values, &mut tally),
            };
            tenant.tally.add(&tally);
            (resolved, tally)
        })
    }

    /// The value a keyed counter counts under.
    pub(crate) fn key<'a>(&self, name: &str, guarded: Guarded, value: &'a str) -> (&'a str, Tally) {
        self.with(name, |tenant| {
            let mut tally = Tally::default();
            let value = tenant.within(&self.limits, guarded, value, &mut tally);
            tenant.tally.add(&tally);
            (value, tally)
        })
    }

    /// Takes in a label set and its guarded values that were within the limits before, and hands out the copy all shards
    /// share. They stay, even where the limits are lower now.
    pub(crate) fn readmit(&self, name: &str, values: &Values<'_>, label_set: &Arc<str>) -> Arc<str> {
        self.with(name, |tenant| {
            tenant.readmit_values(values);
            // The row of everything beyond the limit is none of the label sets.
            if **label_set == *beyond_text(name) {
                return label_set.clone();
            }
            tenant.label_sets.get(label_set).cloned().unwrap_or_else(|| {
                tenant.label_sets.insert(label_set.clone());
                label_set.clone()
            })
        })
    }

    /// The same for the values of an experiment's row.
    pub(crate) fn readmit_values(&self, name: &str, values: &Values<'_>) {
        self.with(name, |tenant| tenant.readmit_values(values));
    }

    /// The same for a value a keyed counter counted under.
    pub(crate) fn readmit_key(&self, name: &str, guarded: Guarded, value: &str) {
        self.with(name, |tenant| tenant.readmit_value(guarded, value));
    }

    /// Adds what a table had folded.
    pub(crate) fn recount(&self, name: &str, tally: &Tally) {
        self.with(name, |tenant| tenant.tally.add(tally));
    }

    /// What is within the budgets of every tenant.
    pub(crate) fn admitted(&self) -> Vec<Admitted> {
        let tenants = self.lock();
        let of = |(name, tenant): (_, &Tenant)| Admitted {
            tenant: Box::clone(name),
            values: Guarded::ALL
                .iter()
                .map(|guarded| guarded.as_str().into())
                .zip(tenant.values.iter().map(|values| values.iter().cloned().collect()))
                .collect(),
            label_sets: tenant.label_sets.iter().cloned().collect(),
        };
        let mut all: Vec<_> = tenants.iter().map(of).collect();
        all.sort_unstable_by(|a, b| a.tenant.cmp(&b.tenant));
        all
    }

    fn with<R>(&self, name: &str, change: impl FnOnce(&mut Tenant) -> R) -> R {
        let mut tenants = self.lock();
        // `entry` alone would allocate the name for every session of a tenant that is there already.
        if let Some(tenant) = tenants.get_mut(name) {
            return change(tenant);
        }
        change(tenants.entry(name.into()).or_default())
    }

    /// The state is plain counting, whole after every statement, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Tenant>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tenant {
    fn readmit_values(&mut self, values: &Values<'_>) {
        for (def, value) in ATTRIBUTES.iter().zip(values) {
            // An absent attribute takes no room; an empty error code does.
            if let Class::Guarded(guarded) = def.class
                && !value.is_empty()
            {
                self.readmit_value(guarded, value);
            }
        }
    }

    fn readmit_value(&mut self, guarded: Guarded, value: &str) {
        let values = &mut self.values[guarded.index()];
        if value != OVERFLOW && !values.contains(value) {
            values.insert(value.into());
        }
    }

    /// The value, or [`OVERFLOW`] when the budget is spent on others.
    fn within<'a>(
        &mut self,
        limits: &Limits,
        guarded: Guarded,
        value: &'a str,
        tally: &mut Tally,
    ) -> &'a str {
        let values = &mut self.values[guarded.index()];
        if value == OVERFLOW || values.contains(value) {
            return value;
        }
        if values.len() < limits.budgets[guarded.index()] {
            values.insert(value.into());
            return value;
        }
        tally.add(&Tally::one(guarded));
        OVERFLOW
    }

    /// The label set, shared by all shards, or the one of everything beyond the limit.
    fn label_set(&mut self, limits: &Limits, name: &str, values: &Values<'_>, tally: &mut Tally) -> Arc<str> {
        let text = view_text(name, values);
        if let Some(known) = self.label_sets.get(text.as_str()) {
            return known.clone();
        }
        if self.label_sets.len() < limits.max_label_sets {
            let text: Arc<str> = text.into();
            self.label_sets.insert(text.clone());
            return text;
        }
        tally.refused += 1;
        for (def, value) in ATTRIBUTES.iter().zip(values) {
            if let Class::Guarded(guarded) = def.class
                && !matches!(*value, "" | OVERFLOW)
            {
                tally.add(&Tally::one(guarded));
            }
        }
        beyond_text(name).into()
    }
}

/// The values of all attributes in order, `""` for those that make no label.
pub(crate) type Values<'a> = [&'a str; ATTRIBUTES.len()];

/// Every attribute is [`OVERFLOW`], present or not, so that there is one row of it.
pub(crate) fn beyond_text(tenant: &str) -> String {
    view_text(tenant, &[OVERFLOW; ATTRIBUTES.len()])
}

/// The labels of a session, of those attributes that make one.
pub(crate) fn view_text(tenant: &str, values: &Values<'_>) -> String {
    let mut text = String::new();
    push_label(&mut text, "tenant", tenant);
    for (def, value) in ATTRIBUTES.iter().zip(values) {
        if def.class != Class::TraceOnly && !value.is_empty() {
            push_label(&mut text, def.name, value);
        }
    }
    text
}

/// A variant without its experiment, or an experiment without a variant, is none.
pub(crate) fn experiment_text(tenant: &str, values: &Values<'_>) -> Option<Arc<str>> {
    let mut text = String::new();
    push_label(&mut text, "tenant", tenant);
    for attribute in [Attribute::ExperimentId, Attribute::ExperimentVariant] {
        let value = Some(values[attribute.index()]).filter(|value| !value.is_empty())?;
        push_label(&mut text, attribute.as_str(), value);
    }
    Some(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(id: &str) -> Attributes {
        let mut attributes = Attributes::default();
        attributes.set(Attribute::AssetId, id).unwrap();
        attributes.set(Attribute::SessionId, "never a label").unwrap();
        attributes
    }

    #[test]
    fn values_beyond_the_budget_fold_and_are_counted_once_a_session() {
        let mut limits = Limits::default();
        limits.budgets[Guarded::AssetId.index()] = 1;
        let guard = Guard::new(limits);
        let views = ["a", "b", "a", "c"].map(|id| guard.resolve("t", &asset(id)).0.view);
        let overflow = "tenant=\"t\",asset_id=\"__overflow__\"";
        assert_eq!(
            views.each_ref().map(|view| &**view),
            ["tenant=\"t\",asset_id=\"a\"", overflow, "tenant=\"t\",asset_id=\"a\"", overflow]
        );
        assert_eq!(guard.folded("t")[Guarded::AssetId.index()], 2);
        assert_eq!((guard.label_sets("t"), guard.refused("t")), (2, 0));
        // A budget is one tenant's.
        assert_eq!(&*guard.resolve("u", &asset("b")).0.view, "tenant=\"u\",asset_id=\"b\"");
        assert_eq!(guard.folded("u"), [0; GUARDED]);
    }

    #[test]
    fn label_sets_beyond_the_limit_are_one() {
        let guard = Guard::new(Limits { max_label_sets: 1, ..Limits::default() });
        let views = ["a", "b", "c"].map(|id| guard.resolve("t", &asset(id)).0.view);
        assert_eq!(views[1], views[2]);
        assert_eq!(views[1].matches(OVERFLOW).count(), 14);
        assert_eq!((guard.label_sets("t"), guard.refused("t")), (1, 2));
        assert_eq!(guard.folded("t")[Guarded::AssetId.index()], 2);
        assert_eq!(guard.folded("t")[Guarded::Cdn.index()], 0);
        assert_eq!(guard.key("t", Guarded::ErrorCode, "404").0, "404");
    }

    #[test]
    fn an_experiment_needs_a_variant() {
        let guard = Guard::new(Limits::default());
        let mut attributes = asset("a");
        attributes.set(Attribute::ExperimentId, "buffer").unwrap();
        assert_eq!(guard.resolve("t", &attributes).0.experiment, None);
        attributes.set(Attribute::ExperimentVariant, "long").unwrap();
        let experiment = guard.resolve("t", &attributes).0.experiment.unwrap();
        assert_eq!(&*experiment, "tenant=\"t\",experiment_id=\"buffer\",experiment_variant=\"long\"");
    }
}
