//! Service level objectives, evaluated by the gateway from its own counters: the same objectives `openqoe slo compile` makes rules
//! of, by the same definitions (`openqoe_slo::model`), for those who have no Prometheus and for those who want to check theirs.
//!
//! Every five seconds the rows of the series table tell what has been counted since (`rows`); it goes to the groups of each
//! objective (`track`), whose histories (`history`) answer for windows of up to 91 days. They are kept in the data directory
//! (`store`), so that a restart loses nothing.

mod api;
mod config;
mod evaluate;
mod exposition;
mod history;
#[cfg(test)]
mod history_tests;
mod load;
mod rows;
mod store;
#[cfg(test)]
mod store_tests;
mod terms;
#[cfg(test)]
mod tests;
mod track;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openqoe_metrics::{ProcessScope, SharedRow, Snapshot};
use openqoe_slo::Slo;
use openqoe_spec::metrics::process::Counter;
use openqoe_spec::metrics::tenant;

use crate::clock::now_ms;
use crate::edge::Role;
use crate::tenant::Tenants;
use evaluate::Alert;
use history::History;
use rows::Rows;
use store::{Saved, Store};
use track::{Group, Intake, Kept, Track};

pub(crate) use api::routes;
pub(crate) use config::Config;
pub(crate) use load::load;

/// The objectives of a gateway.
pub(crate) struct Objectives(Mutex<State>);

struct State {
    /// Where they come from.
    source: String,
    tracks: Vec<Track>,
    rows: Rows,
    intake: Intake,
    /// Whether a sample has been taken.
    begun: bool,
    store: Option<Store>,
    process: Arc<SharedRow<ProcessScope>>,
}

impl Objectives {
    /// Reads the objectives, and what was kept of them in the data directory, if there is one.
    ///
    /// # Errors
    /// When an objective is no good, or the file of histories cannot be opened.
    pub(crate) fn start(
        config: &crate::config::Config,
        process: Arc<SharedRow<ProcessScope>>,
    ) -> anyhow::Result<Objectives> {
        let (source, slos) = load(&config.slo, config.is_demo)?;
        // An edge counts nothing.
        let keeps = config.role == Role::Core && !config.data_dir.as_os_str().is_empty();
        let opened = keeps.then(|| Store::open(&config.data_dir, process.clone())).transpose()?;
        let (store, next) = opened.map_or((None, 1), |(store, next)| (Some(store), next));
        let mut state = State::new(now_ms(), store, next, process);
        state.replace(source, slos, config.slo.max_groups);
        Ok(Objectives(Mutex::new(state)))
    }

    /// Evaluates other objectives from now on. Those that count the same go on where they are.
    pub(crate) fn replace(&self, source: String, slos: Vec<Slo>, config: &Config) {
        self.state().replace(source, slos, config.max_groups);
    }

    /// Takes in the state of this moment, from a snapshot of all shards merged, and evaluates everything. What the first one holds
    /// was counted before. The time is epoch ms.
    pub(crate) fn sample(&self, now: u64, mut snapshot: Snapshot, tenants: &Tenants) {
        tenants.all().iter().for_each(|tenant| tenant.row().snapshot_into(&mut snapshot));
        let mut state = self.state();
        state.sample(now, &snapshot);
        for (name, label_sets) in std::mem::take(&mut state.intake.folded) {
            tenants.named(&name).row().count(tenant::Counter::SloGroupsFolded, label_sets as f64);
        }
        for tenant in tenants.all() {
            let own = |group: &&Group| group.tenant() == tenant.name();
            let groups = state.tracks.iter().map(|track| track.groups().filter(own).count());
            tenant.set(tenant::Gauge::SloGroups, groups.sum());
        }
    }

    /// Adds the series about objectives to a snapshot.
    pub(crate) fn snapshot_into(&self, snapshot: &mut Snapshot) {
        exposition::add(&self.state().tracks, snapshot);
    }

    /// Waits until what is kept is kept.
    pub(crate) fn finish(&self) {
        self.state().store.iter_mut().for_each(Store::finish);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(now: u64, store: Option<Store>, next: u64, process: Arc<SharedRow<ProcessScope>>) -> State {
        let intake = Intake { before: now, max_groups: 0, folded: BTreeMap::new(), orders: Vec::new(), next };
        let (tracks, rows) = (Vec::new(), Rows::default());
        State { source: String::new(), tracks, rows, intake, begun: false, store, process }
    }

    fn sample(&mut self, now: u64, snapshot: &Snapshot) {
        let State { tracks, rows, intake, begun, store, .. } = self;
        // A clock that goes back stands still.
        let now = now.max(intake.before);
        if !*begun {
            tracks.iter_mut().for_each(|track| track.resume(now, &mut intake.orders));
            intake.before = now;
        }
        rows.take(snapshot, !*begun, tracks, intake);
        tracks.iter_mut().for_each(|track| track.settle(now, &mut intake.orders));
        (*begun, intake.before) = (true, now);
        let orders = std::mem::take(&mut intake.orders);
        if let Some(store) = store {
            store.keep(orders);
        }
    }

    fn replace(&mut self, source: String, slos: Vec<Slo>, max_groups: usize) {
        let (readers, recipes) = terms::plan(&slos);
        let mut before = std::mem::take(&mut self.tracks);
        for (slo, recipe) in slos.into_iter().zip(recipes) {
            let definition = terms::definition(&slo);
            let same = |track: &Track| track.slo.name == slo.name && track.definition == definition;
            let track = match before.iter().position(same) {
                Some(at) => {
                    let mut track = before.swap_remove(at);
                    track.become_like(slo, recipe);
                    track
                }
                None => self.begin(slo, recipe, &definition),
            };
            self.tracks.push(track);
        }
        self.rows.reread(readers);
        self.intake.max_groups = max_groups;
        self.source = source;
    }

    /// A track with what was kept of it.
    fn begin(&mut self, slo: Slo, recipe: terms::Recipe, definition: &str) -> Track {
        let now = self.intake.before;
        let mut saved = match &self.store {
            None => Vec::new(),
            Some(store) => store.read(&slo.name, definition, now).unwrap_or_else(|error| {
                self.process.count(Counter::SloStoreErrors, 1.0);
                tracing::error!(%error, slo = slo.name, "what was kept of an objective cannot be read: it begins anew");
                Vec::new()
            }),
        };
        let lived = saved.iter().position(|saved| saved.labels.is_empty()).map(|at| saved.swap_remove(at));
        let lived = lived.and_then(|saved| Some(restored(saved)?.0));
        let lived = lived.unwrap_or_else(|| self.intake.keep(&slo, ""));
        let groups = saved.into_iter().filter_map(|saved| {
            let labels: Arc<str> = saved.labels.as_str().into();
            let (kept, alerts) = restored(saved)?;
            Some(Group::restored(&slo, labels, kept, alerts))
        });
        let groups = groups.collect();
        let mut track = Track::new(slo, recipe, lived, groups);
        if self.begun {
            track.resume(now, &mut self.intake.orders);
        }
        track
    }
}

fn restored(saved: Saved) -> Option<(Kept, Vec<Alert>)> {
    let history = History::restored(saved.points)?;
    Some((Kept { series: saved.series, history }, saved.alerts))
}
