//! Filters: modules in WebAssembly that see each batch after it is decoded and before anything of it is kept, and may drop,
//! redact or enrich it. What a module does wrong costs its own batch. docs/guide/filters.md is the contract with modules.

#[cfg(not(feature = "wasm"))]
mod absent;
mod config;
mod dropped;
#[cfg(feature = "wasm")]
mod guest;
#[cfg(feature = "wasm")]
mod module;
#[cfg_attr(not(feature = "wasm"), allow(dead_code))]
mod said;
#[cfg(test)]
#[cfg(feature = "wasm")]
mod tests;
mod wire;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use openqoe_ingest::Rejection;
use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::metrics::process::{Gauge, Histogram};
use openqoe_spec::metrics::tenant::Counter;
use openqoe_spec::{Batch, FilterFailure, FilterResult, Outcome, Protocol, Rejected};

use self::dropped::Dropped;
use self::said::{Called, Fault, Said};
use self::wire::Change;
use crate::push::Seldom;
use crate::tenant::Tenant;
#[cfg(not(feature = "wasm"))]
use absent::Module;
pub(crate) use config::{Config, OnError, check};
#[cfg(feature = "wasm")]
use module::Module;

/// Characters of the reason of a failure that are logged: a module may have chosen them.
const MAX_DETAIL: usize = 200;

/// What is wrong with a filter.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilterError {
    #[cfg(not(feature = "wasm"))]
    #[error(
        "`filters`: this openqoe was built without them; build it with `cargo build --release -p openqoe-gateway \
         --features wasm`"
    )]
    NotBuilt,
    #[cfg(feature = "wasm")]
    #[error("filter {path}: {source}")]
    File { path: String, source: std::io::Error },
    #[cfg(feature = "wasm")]
    #[error("filter {path}: {problem}")]
    Module { path: String, problem: String },
}

/// One filter.
struct Filter {
    /// Its file, for the log.
    name: String,
    tenants: Vec<String>,
    protocols: Vec<Protocol>,
    on_error: OnError,
    module: Module,
    complaint: Mutex<Seldom>,
}

impl Filter {
    fn load(config: &Config) -> Result<Arc<Filter>, FilterError> {
        Ok(Arc::new(Filter {
            name: config.path.display().to_string(),
            tenants: config.tenants.clone(),
            protocols: config.protocols(),
            on_error: config.on_error,
            module: Module::load(config)?,
            complaint: Mutex::default(),
        }))
    }

    fn sees(&self, tenant: &Tenant, protocol: Protocol) -> bool {
        let named = self.tenants.is_empty() || self.tenants.iter().any(|name| name == tenant.name());
        named && (self.protocols.is_empty() || self.protocols.contains(&protocol))
    }

    /// What of a batch goes on, and the result that is booked.
    fn judge(&self, called: Called, batch: &Batch, tenant: &Tenant) -> (Verdict, FilterResult) {
        called.log.iter().for_each(|line| tracing::debug!("filter {}: {line}", self.name));
        let answer = called.answer.and_then(|said| {
            let text = match said {
                Said::Keep => return Ok((Verdict::Keep, FilterResult::Kept)),
                Said::Drop => return Ok((Verdict::Drop, FilterResult::Dropped)),
                Said::Change(text) => text,
            };
            let change = wire::answer(&text, batch)
                .map_err(|detail| Fault { reason: FilterFailure::Answer, detail })?;
            match change.dropped.len() == batch.events.len() && !batch.events.is_empty() {
                true => Ok((Verdict::Drop, FilterResult::Dropped)),
                false => Ok((Verdict::Change(change), FilterResult::Changed)),
            }
        });
        answer.unwrap_or_else(|fault| {
            self.complain(&fault, tenant);
            let verdict = if self.on_error == OnError::Keep { Verdict::Keep } else { Verdict::Drop };
            (verdict, FilterResult::Failed)
        })
    }

    fn complain(&self, fault: &Fault, tenant: &Tenant) {
        tenant.row().count(Counter::FilterFailures(fault.reason), 1.0);
        if self.complaint.lock().unwrap_or_else(PoisonError::into_inner).is_due() {
            tracing::warn!(
                "filter {} failed at a batch of {} ({}): {}; the next line about it is a minute away",
                self.name,
                tenant.name(),
                fault.reason.as_str(),
                fault.detail.chars().take(MAX_DETAIL).collect::<String>()
            );
        }
    }
}

/// What becomes of a batch.
enum Verdict {
    Keep,
    Drop,
    Change(Change),
}

/// The filters of a configuration, compiled.
pub(crate) struct Loaded(Vec<Arc<Filter>>);

impl Loaded {
    /// Compiles them.
    ///
    /// # Errors
    /// Says what is wrong with the first that cannot be used.
    pub(crate) fn of(filters: &[Config]) -> Result<Loaded, FilterError> {
        filters.iter().map(Filter::load).collect::<Result<_, _>>().map(Loaded)
    }
}

/// The filters at work.
pub(crate) struct Filters {
    loaded: RwLock<Arc<Vec<Arc<Filter>>>>,
    dropped: Mutex<Dropped>,
    forgetting: Mutex<Seldom>,
    process: Arc<SharedRow<ProcessScope>>,
}

impl Filters {
    /// Loads what is configured.
    ///
    /// # Errors
    /// When a filter cannot be used.
    pub(crate) fn start(
        config: &crate::config::Config,
        process: Arc<SharedRow<ProcessScope>>,
    ) -> Result<Filters, FilterError> {
        let filters = Filters {
            loaded: RwLock::default(),
            // As many as the engine remembers sessions.
            dropped: Mutex::new(Dropped::new(config.limits.max_sessions)),
            forgetting: Mutex::default(),
            process,
        };
        filters.replace(Loaded::of(&config.filters)?);
        Ok(filters)
    }

    /// From here on these hold. Batches under way end in those they began with.
    pub(crate) fn replace(&self, loaded: Loaded) {
        let mut current = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        // A gateway without filters has no metrics about them.
        if !loaded.0.is_empty() || !current.is_empty() {
            self.process.set(Gauge::FilterModules, loaded.0.len() as f64);
        }
        *current = Arc::new(loaded.0);
    }

    /// Takes a batch through the filters that see it, one after the other. Whether anything of it goes on; what does not is in
    /// the books and among the rejections then.
    ///
    /// It is called where batches are decoded, and takes as long as their fuel lasts. There is no waiting in it: whoever hangs up
    /// early, as pages do that are being closed, takes a batch away from a filter otherwise, and it would have no outcome.
    pub(crate) fn pass(
        &self,
        tenant: &Tenant,
        protocol: Protocol,
        batch: &mut Batch,
        rejections: &mut Vec<Rejection>,
    ) -> bool {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone();
        let filters: Vec<_> = loaded.iter().filter(|filter| filter.sees(tenant, protocol)).collect();
        if filters.is_empty() {
            return true;
        }
        let started = Instant::now();
        let (is_silent, places) = (batch.attributes.is_empty(), free(rejections, batch.events.len()));
        let mut left = Left { protocol, tenant, places, rejections };
        let session_id = batch.session_id.clone();
        if is_silent && self.dropped().has(tenant.name(), &session_id) {
            left.refuse(batch, None);
            return false;
        }
        for filter in filters {
            let called = filter.module.call(&wire::question(tenant.name(), protocol, batch));
            let (verdict, result) = filter.judge(called, batch, tenant);
            tenant.row().count(Counter::FilterBatches(result), 1.0);
            match verdict {
                Verdict::Keep => {}
                Verdict::Change(change) => left.apply(batch, change),
                Verdict::Drop => {
                    if !is_silent && result == FilterResult::Dropped {
                        self.remember(tenant, &session_id);
                    }
                    left.refuse(batch, None);
                    self.note(started);
                    return false;
                }
            }
        }
        if !is_silent {
            self.dropped().forget(tenant.name(), &session_id);
        }
        self.note(started);
        true
    }

    fn remember(&self, tenant: &Tenant, session_id: &str) {
        let forgot = self.dropped().remember(tenant.name(), session_id);
        if forgot && self.forgetting.lock().unwrap_or_else(PoisonError::into_inner).is_due() {
            tracing::warn!(
                "filters have dropped more sessions than `limits.max_sessions`: of the oldest, batches that say nothing \
                 of their session get through"
            );
        }
    }

    fn dropped(&self) -> std::sync::MutexGuard<'_, Dropped> {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, started: Instant) {
        self.process.observe(Histogram::FilterDurationSeconds, started.elapsed().as_secs_f64() * 1000.0);
    }
}

/// The books of one batch.
struct Left<'a> {
    protocol: Protocol,
    tenant: &'a Tenant,
    /// Where the events the batch still has stand in the body.
    places: Vec<usize>,
    rejections: &'a mut Vec<Rejection>,
}

impl Left<'_> {
    /// Books events as dropped: those at these places of the batch, or all of them.
    fn refuse(&mut self, batch: &Batch, dropped: Option<&BTreeSet<usize>>) {
        let is_dropped = |place: &usize| dropped.is_none_or(|dropped| dropped.contains(place));
        let gone = batch.events.iter().enumerate().filter(|(place, _)| is_dropped(place));
        let before = self.rejections.len();
        self.rejections.extend(gone.map(|(place, event)| Rejection {
            index: self.places.get(place).copied().unwrap_or(place),
            seq: Some(event.seq),
            reason: Rejected::Filtered,
            message: "a filter of the operator drops it".into(),
        }));
        let events = self.rejections.len() - before;
        self.rejections.sort_by_key(|rejection| rejection.index);
        if events > 0 {
            self.tenant.note_outcome(self.protocol, Outcome::Rejected(Rejected::Filtered), events);
        }
    }

    fn apply(&mut self, batch: &mut Batch, Change { attributes, dropped }: Change) {
        self.refuse(batch, Some(&dropped));
        batch.attributes = attributes;
        let mut place = 0..;
        let mut stays = || place.next().is_some_and(|place| !dropped.contains(&place));
        batch.events.retain(|_| stays());
        let mut place = 0..;
        self.places.retain(|_| place.next().is_some_and(|place: usize| !dropped.contains(&place)));
    }
}

/// Where the events of a batch stood in the body: at the places no rejection has.
fn free(rejections: &[Rejection], events: usize) -> Vec<usize> {
    let taken: BTreeSet<usize> = rejections.iter().map(|rejection| rejection.index).collect();
    (0..).filter(|index| !taken.contains(index)).take(events).collect()
}
