//! The cardinality guard: how many values a label may have and how many label sets a tenant. What is beyond becomes
//! `__overflow__`, is counted and estimated, so the series stay bounded whatever clients send (invariant 3 of the
//! architecture).
//!
//! One guard is shared by all shards, for a budget is the tenant's, not the shard's. It is asked when a session's label set
//! is interned and when a row meets an error code it does not hold yet; never for an event on its way into a slot.

mod distinct;
mod offenders;
mod overflow;
mod report;
mod tally;
mod tenant;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openqoe_spec::{Attributes, Guarded};
use serde::{Deserialize, Serialize};

pub use offenders::Offender;
pub use report::{AttributeReport, LabelSetsReport, Report};
pub(crate) use tally::Tally;
use tenant::Tenant;

use crate::expiry::Released;
use crate::label_set::RowLabels;

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
    /// Of tenants that have none of their own.
    limits: Limits,
    tenants: Mutex<HashMap<Box<str>, Tenant>>,
    /// Whether a tenant may have news.
    news: AtomicBool,
    /// How often rows have gone.
    releases: AtomicU64,
}

/// What is within the budgets of one tenant, for a checkpoint or the journal.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Admitted {
    pub(crate) tenant: Box<str>,
    /// By name of the guarded thing.
    pub(crate) values: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
    pub(crate) label_sets: BTreeSet<Arc<str>>,
}

impl Admitted {
    fn of(tenant: &str) -> Admitted {
        Admitted { tenant: tenant.into(), ..Admitted::default() }
    }

    fn is_empty(&self) -> bool {
        self.label_sets.is_empty() && self.values.values().all(BTreeSet::is_empty)
    }
}

/// The rows a session writes to.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// `tenant` and what is known of the session.
    pub(crate) view: Arc<RowLabels>,
    /// `tenant`, `experiment_id`, `experiment_variant`, when the session takes part in an experiment.
    pub(crate) experiment: Option<Arc<RowLabels>>,
}

/// Which rows of a session a table holds already.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held {
    pub(crate) view: bool,
    pub(crate) experiment: bool,
}

impl Guard {
    /// A guard that has seen nothing. The limits are those of every tenant without limits of its own.
    pub fn new(limits: Limits) -> Guard {
        Guard { limits, tenants: Mutex::default(), news: AtomicBool::new(false), releases: AtomicU64::new(0) }
    }

    /// Gives a tenant limits of its own, at any time. What is admitted stays; lower limits only stop what is new.
    pub fn set_limits(&self, tenant: &str, limits: Limits) {
        self.with(tenant, |tenant| tenant.limits = limits);
    }

    /// How often a value of each guarded label was folded into [`OVERFLOW`], in the order of [`Guarded::ALL`]: attributes
    /// once for each session (by its own budget or with the whole label set), error codes once for each error.
    pub fn folded(&self, tenant: &str) -> [u64; GUARDED] {
        self.of(tenant, |tenant| tenant.tally.folded)
    }

    /// How many different values of each guarded label its budget folded since the start of the process, in the order of
    /// [`Guarded::ALL`]: an estimate with a standard error of 1.3 %.
    pub fn overflow_values(&self, tenant: &str) -> [u64; GUARDED] {
        self.of(tenant, |tenant| {
            let mut values = [0; GUARDED];
            for (values, guarded) in values.iter_mut().zip(Guarded::ALL) {
                *values = tenant.overflow_values(*guarded);
            }
            values
        })
    }

    /// Label sets the tenant has in all shards together, without the one for what is beyond the limit.
    pub fn label_sets(&self, tenant: &str) -> usize {
        self.of(tenant, Tenant::label_sets)
    }

    /// Sessions whose label set was beyond the limit.
    pub fn refused(&self, tenant: &str) -> u64 {
        self.of(tenant, |tenant| tenant.tally.refused)
    }

    /// Label sets given up since the start of the process, because nothing was written to them.
    pub fn expired(&self, tenant: &str) -> u64 {
        self.of(tenant, |tenant| tenant.expired)
    }

    /// What a tenant uses of its limits; `None` for one nothing is known of.
    pub fn report(&self, tenant: &str) -> Option<Report> {
        self.lock().get(tenant).map(Tenant::report)
    }

    /// The same for all tenants, by name.
    pub fn reports(&self) -> Vec<Report> {
        let mut reports: Vec<_> = self.lock().values().map(Tenant::report).collect();
        reports.sort_unstable_by(|a, b| a.tenant.cmp(&b.tenant));
        reports
    }

    /// Lets go of what a table has let go of in [`crate::Table::expire`]. A row that no table holds is gone from all of them
    /// at once, and what it took of the limits is free again.
    ///
    /// What was restored or readmitted and no table has come for goes as well: to be called when everything restored has
    /// been taken in, journal included.
    pub fn release(&self, released: Released) {
        let mut tenants = self.lock();
        let mut gone = false;
        for labels in released.rows {
            let (name, _) = labels.guarded();
            gone |= tenants.get_mut(&name).is_some_and(|tenant| tenant.release(&labels));
        }
        for (name, guarded, value) in released.keys {
            tenants.get_mut(&name).into_iter().for_each(|tenant| tenant.release_value(guarded, &value));
        }
        for tenant in tenants.values_mut() {
            gone |= tenant.release_unheld();
        }
        self.releases.fetch_add(u64::from(gone), Ordering::Relaxed);
    }

    /// How often rows have gone. Snapshots of several tables tell of one moment only if this is the same before the first
    /// and after the last of them: take them again otherwise.
    pub fn releases(&self) -> u64 {
        // Not while some of the rows have gone and others are about to.
        let _tenants = self.lock();
        self.releases.load(Ordering::Relaxed)
    }

    /// The rows of a session within the limits. Those that the table does not hold, as `held` says, it holds from then on.
    pub(crate) fn resolve(
        &self,
        name: &str,
        attributes: &Attributes,
        held: impl FnOnce(&Resolved) -> Held,
    ) -> (Resolved, Tally) {
        self.with(name, |tenant| tenant.resolve(attributes, held))
    }

    /// The value a keyed counter counts under. The table holds it from then on, unless it is [`OVERFLOW`].
    pub(crate) fn key<'a>(&self, name: &str, guarded: Guarded, value: &'a str) -> (&'a str, Tally) {
        self.with(name, |tenant| tenant.key(guarded, value))
    }

    /// Whether a value is within the budget.
    pub(crate) fn has(&self, name: &str, guarded: Guarded, value: &str) -> bool {
        self.of(name, |tenant| tenant.has(guarded, value))
    }

    /// Takes in a row and its guarded values that were within the limits before, on behalf of a table, and hands out the copy
    /// all shards share. They stay, even where the limits are lower now.
    pub(crate) fn readmit(&self, name: &str, text: &str, limited: bool) -> Arc<RowLabels> {
        self.with(name, |tenant| tenant.readmit(text, limited))
    }

    /// The same for a value a keyed counter counted under.
    pub(crate) fn readmit_key(&self, name: &str, guarded: Guarded, value: &str) {
        if value != OVERFLOW {
            self.with(name, |tenant| tenant.readmit_key(guarded, value));
        }
    }

    /// The same on nobody's behalf, until a table comes for it.
    pub(crate) fn readmit_unheld(&self, admitted: &Admitted) {
        self.with(&admitted.tenant, |tenant| tenant.readmit_unheld(admitted));
    }

    /// Adds what a table had folded.
    pub(crate) fn recount(&self, name: &str, tally: &Tally) {
        self.with(name, |tenant| tenant.tally.add(tally));
    }

    /// What is within the budgets of every tenant.
    pub(crate) fn admitted(&self) -> Vec<Admitted> {
        sorted(self.lock().values().map(Tenant::admitted).collect())
    }

    /// What was admitted since this was last asked, if anything.
    pub(crate) fn take_news(&self) -> Option<Vec<Admitted>> {
        // The lock is for the few times there is some.
        if !self.news.load(Ordering::Acquire) {
            return None;
        }
        let mut tenants = self.lock();
        self.news.store(false, Ordering::Release);
        let news = tenants.values_mut().filter(|tenant| tenant.has_news()).map(Tenant::take_news);
        Some(sorted(news.collect())).filter(|news| !news.is_empty())
    }

    fn with<R>(&self, name: &str, change: impl FnOnce(&mut Tenant) -> R) -> R {
        let mut tenants = self.lock();
        let noted = |tenant: &mut Tenant| {
            let result = change(tenant);
            if tenant.has_news() && !self.news.load(Ordering::Relaxed) {
                self.news.store(true, Ordering::Release);
            }
            result
        };
        // `entry` alone would allocate the name for every session of a tenant that is there already.
        if let Some(tenant) = tenants.get_mut(name) {
            return noted(tenant);
        }
        noted(tenants.entry(name.into()).or_insert_with(|| Tenant::new(name, self.limits.clone())))
    }

    /// What is known of a tenant, or nothing at all.
    fn of<R: Default>(&self, name: &str, ask: impl FnOnce(&Tenant) -> R) -> R {
        self.lock().get(name).map(ask).unwrap_or_default()
    }

    /// The state is plain counting, whole after every statement, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Tenant>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn sketch_bytes(&self, tenant: &str) -> usize {
        self.of(tenant, Tenant::sketch_bytes)
    }
}

fn sorted(mut all: Vec<Admitted>) -> Vec<Admitted> {
    all.retain(|admitted| !admitted.is_empty());
    all.sort_unstable_by(|a, b| a.tenant.cmp(&b.tenant));
    all
}

#[cfg(test)]
mod tests {
    use openqoe_spec::Attribute;

    use super::*;

    fn asset(id: &str) -> Attributes {
        let mut attributes = Attributes::default();
        attributes.set(Attribute::AssetId, id).unwrap();
        attributes.set(Attribute::SessionId, "never a label").unwrap();
        attributes
    }

    fn resolve(guard: &Guard, tenant: &str, attributes: &Attributes) -> Resolved {
        guard.resolve(tenant, attributes, |_| Held::default()).0
    }

    fn view(guard: &Guard, tenant: &str, id: &str) -> Arc<str> {
        resolve(guard, tenant, &asset(id)).view.text.clone()
    }

    #[test]
    fn values_beyond_the_budget_fold_and_are_counted_once_a_session() {
        let mut limits = Limits::default();
        limits.budgets[Guarded::AssetId.index()] = 1;
        let guard = Guard::new(limits);
        let views = ["a", "b", "a", "c"].map(|id| view(&guard, "t", id));
        let overflow = "tenant=\"t\",asset_id=\"__overflow__\"";
        assert_eq!(
            views.each_ref().map(|view| &**view),
            ["tenant=\"t\",asset_id=\"a\"", overflow, "tenant=\"t\",asset_id=\"a\"", overflow]
        );
        assert_eq!(guard.folded("t")[Guarded::AssetId.index()], 2);
        assert_eq!((guard.label_sets("t"), guard.refused("t")), (2, 0));
        // A budget is one tenant's.
        assert_eq!(&*view(&guard, "u", "b"), "tenant=\"u\",asset_id=\"b\"");
        assert_eq!(guard.folded("u"), [0; GUARDED]);
    }

    #[test]
    fn label_sets_beyond_the_limit_are_one() {
        let guard = Guard::new(Limits { max_label_sets: 1, ..Limits::default() });
        let views = ["a", "b", "c"].map(|id| view(&guard, "t", id));
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
        assert_eq!(resolve(&guard, "t", &attributes).experiment.map(|labels| labels.text.clone()), None);
        attributes.set(Attribute::ExperimentVariant, "long").unwrap();
        let experiment = resolve(&guard, "t", &attributes).experiment.unwrap();
        assert_eq!(&*experiment.text, "tenant=\"t\",experiment_id=\"buffer\",experiment_variant=\"long\"");
    }
}
