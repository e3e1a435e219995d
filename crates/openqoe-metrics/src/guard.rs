//! The cardinality guard: how many values a label may have and how many label sets a tenant. What is beyond becomes
//! `__overflow__` and is counted, so the series stay bounded whatever clients send (invariant 3 of the architecture).
//!
//! One guard is shared by all shards, for a budget is the tenant's, not the shard's. It is asked when a session's label set
//! is interned and when a row meets an error code it does not hold yet; never for an event on its way into a slot.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openqoe_spec::{ATTRIBUTES, Attribute, Attributes, Class, Guarded};

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
    folded: [u64; GUARDED],
    refused: u64,
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
        self.lock().get(tenant).map_or([0; GUARDED], |tenant| tenant.folded)
    }

    /// Label sets the tenant has in all shards together, without the one for what is beyond the limit.
    pub fn label_sets(&self, tenant: &str) -> usize {
        self.lock().get(tenant).map_or(0, |tenant| tenant.label_sets.len())
    }

    /// Sessions whose label set was beyond the limit.
    pub fn refused(&self, tenant: &str) -> u64 {
        self.lock().get(tenant).map_or(0, |tenant| tenant.refused)
    }

    /// The label sets of a session within the limits.
    pub(crate) fn resolve(&self, name: &str, attributes: &Attributes) -> Resolved {
        self.with(name, |tenant| {
            let mut values = [""; ATTRIBUTES.len()];
            for (attribute, resolved) in Attribute::ALL.iter().zip(&mut values) {
                *resolved = match (ATTRIBUTES[attribute.index()].class, attributes.get(*attribute)) {
                    (Class::TraceOnly, _) | (_, "") => "",
                    (Class::Label, value) => value,
                    (Class::Guarded(guarded), value) => tenant.within(&self.limits, guarded, value),
                };
            }
            Resolved {
                experiment: experiment_text(name, &values),
                view: tenant.label_set(&self.limits, name, &values),
            }
        })
    }

    /// The value a keyed counter counts under.
    pub(crate) fn key<'a>(&self, name: &str, guarded: Guarded, value: &'a str) -> &'a str {
        self.with(name, |tenant| tenant.within(&self.limits, guarded, value))
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
    /// The value, or [`OVERFLOW`] when the budget is spent on others.
    fn within<'a>(&mut self, limits: &Limits, guarded: Guarded, value: &'a str) -> &'a str {
        let values = &mut self.values[guarded.index()];
        if value == OVERFLOW || values.contains(value) {
            return value;
        }
        if values.len() < limits.budgets[guarded.index()] {
            values.insert(value.into());
            return value;
        }
        self.folded[guarded.index()] += 1;
        OVERFLOW
    }

    /// The label set, shared by all shards, or the one of everything beyond the limit.
    fn label_set(&mut self, limits: &Limits, name: &str, values: &Values<'_>) -> Arc<str> {
        let text = view_text(name, values);
        if let Some(known) = self.label_sets.get(text.as_str()) {
            return known.clone();
        }
        if self.label_sets.len() < limits.max_label_sets {
            let text: Arc<str> = text.into();
            self.label_sets.insert(text.clone());
            return text;
        }
        self.refused += 1;
        self.beyond(name, values)
    }

    /// Every attribute becomes [`OVERFLOW`], present or not, so that there is one row of it.
    fn beyond(&mut self, name: &str, values: &Values<'_>) -> Arc<str> {
        let mut folded = [""; ATTRIBUTES.len()];
        for ((def, value), folded) in ATTRIBUTES.iter().zip(values).zip(&mut folded) {
            if def.class != Class::TraceOnly {
                *folded = OVERFLOW;
            }
            if let Class::Guarded(guarded) = def.class
                && !matches!(*value, "" | OVERFLOW)
            {
                self.folded[guarded.index()] += 1;
            }
        }
        view_text(name, &folded).into()
    }
}

/// The values of all attributes in order, `""` for those that make no label.
type Values<'a> = [&'a str; ATTRIBUTES.len()];

fn view_text(tenant: &str, values: &Values<'_>) -> String {
    let mut text = String::new();
    push_label(&mut text, "tenant", tenant);
    for (def, value) in ATTRIBUTES.iter().zip(values).filter(|(_, value)| !value.is_empty()) {
        push_label(&mut text, def.name, value);
    }
    text
}

/// A variant without its experiment, or an experiment without a variant, is none.
fn experiment_text(tenant: &str, values: &Values<'_>) -> Option<Arc<str>> {
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
        let views = ["a", "b", "a", "c"].map(|id| guard.resolve("t", &asset(id)).view);
        let overflow = "tenant=\"t\",asset_id=\"__overflow__\"";
        assert_eq!(
            views.each_ref().map(|view| &**view),
            ["tenant=\"t\",asset_id=\"a\"", overflow, "tenant=\"t\",asset_id=\"a\"", overflow]
        );
        assert_eq!(guard.folded("t")[Guarded::AssetId.index()], 2);
        assert_eq!((guard.label_sets("t"), guard.refused("t")), (2, 0));
        // A budget is one tenant's.
        assert_eq!(&*guard.resolve("u", &asset("b")).view, "tenant=\"u\",asset_id=\"b\"");
        assert_eq!(guard.folded("u"), [0; GUARDED]);
    }

    #[test]
    fn label_sets_beyond_the_limit_are_one() {
        let guard = Guard::new(Limits { max_label_sets: 1, ..Limits::default() });
        let views = ["a", "b", "c"].map(|id| guard.resolve("t", &asset(id)).view);
        assert_eq!(views[1], views[2]);
        assert_eq!(views[1].matches(OVERFLOW).count(), 14);
        assert_eq!((guard.label_sets("t"), guard.refused("t")), (1, 2));
        assert_eq!(guard.folded("t")[Guarded::AssetId.index()], 2);
        assert_eq!(guard.folded("t")[Guarded::Cdn.index()], 0);
        assert_eq!(guard.key("t", Guarded::ErrorCode, "404"), "404");
    }

    #[test]
    fn an_experiment_needs_a_variant() {
        let guard = Guard::new(Limits::default());
        let mut attributes = asset("a");
        attributes.set(Attribute::ExperimentId, "buffer").unwrap();
        assert_eq!(guard.resolve("t", &attributes).experiment, None);
        attributes.set(Attribute::ExperimentVariant, "long").unwrap();
        let experiment = guard.resolve("t", &attributes).experiment.unwrap();
        assert_eq!(&*experiment, "tenant=\"t\",experiment_id=\"buffer\",experiment_variant=\"long\"");
    }
}
