//! The series of one tenant, their anomalies, and what the exposition says of them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use openqoe_metrics::Sums;
use openqoe_spec::metrics::tenant::{Counter, Gauge};
use openqoe_spec::{AnomalyAttribute, AnomalyKpi, Kpi};
use serde::Serialize;

use super::detector::{Change, Detector, Role, Verdict};
use super::usual::Usual;
use crate::tenant::Tenant;

/// Series of a tenant that are watched; one takes some ten kilobytes.
const MAX_SERIES: usize = 256;
/// Anomalies that have ended and can still be asked for.
const MAX_ENDED: usize = 1000;
/// A series without anything counted for so long is forgotten, ms.
const QUIET: u64 = 3_600_000;

/// Attribute and value; `None` is everything.
pub(crate) type Series = Option<(&'static str, Arc<str>)>;

/// `Anomaly` of the contract.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Anomaly {
    pub(crate) kpi: &'static str,
    pub(crate) attribute: Option<&'static str>,
    pub(crate) value: Option<Arc<str>>,
    /// Epoch ms.
    pub(crate) since: u64,
    pub(crate) until: Option<u64>,
    observed: f64,
    expected: f64,
    score: f64,
}

/// What is watched of one tenant.
#[derive(Default)]
pub(crate) struct Watch {
    series: HashMap<Series, Detector>,
    active: HashMap<(Series, AnomalyKpi), Anomaly>,
    /// The newest first.
    ended: VecDeque<Anomaly>,
    /// Series that found no room at the last step.
    pub(crate) refused: usize,
}

impl Watch {
    /// Takes in what was counted in the step that ended at `now` (epoch ms). With `is_quiet` the past is learned only. Returns
    /// the anomalies that have begun.
    pub(crate) fn step(&mut self, now: u64, growth: Vec<(Series, Sums)>, is_quiet: bool) -> Vec<Anomaly> {
        let mut growth: HashMap<Series, Sums> = growth.into_iter().collect();
        self.series.retain(|_, detector| now.saturating_sub(detector.heard_at) < QUIET);
        self.refused = 0;
        for series in growth.keys() {
            if self.series.len() < MAX_SERIES {
                self.series.entry(series.clone()).or_insert_with(Detector::new);
            } else {
                self.refused += usize::from(!self.series.contains_key(series));
            }
        }
        let mut begun = Vec::new();
        // Everything comes first: it says what its values are held against.
        let mut order: Vec<(&Series, &mut Detector)> = self.series.iter_mut().collect();
        order.sort_by_key(|(series, _)| series.is_some());
        let mut all = Vec::new();
        for (series, detector) in order {
            let sums = growth.remove(series).unwrap_or_default();
            let role = match series {
                _ if is_quiet => Role::Learner,
                None => Role::Everything,
                Some(_) => Role::Part(&all),
            };
            let verdicts = detector.step(now, sums, role);
            if series.is_none() {
                all = detector.wholes();
            }
            for verdict in verdicts {
                note(&mut self.active, &mut self.ended, series, now, &verdict);
                if verdict.change == Some(Change::Onset) {
                    begun.extend(self.active.get(&(series.clone(), verdict.kpi)).cloned());
                }
            }
        }
        // What nobody watches any more has ended.
        let gone: Vec<_> =
            self.active.keys().filter(|(series, _)| !self.series.contains_key(series)).cloned().collect();
        for key in gone {
            let ended = self.active.remove(&key).map(|anomaly| Anomaly { until: Some(now), ..anomaly });
            self.ended.extend(ended);
        }
        begun
    }

    /// Says what is usual at this time of day by other days.
    pub(crate) fn set_seasonal(&mut self, usual: impl Fn(&Series, Kpi) -> Option<Usual>) {
        for (series, detector) in &mut self.series {
            detector.set_seasonal(|kpi| usual(series, kpi));
        }
    }

    /// What goes on, then what has ended at or after a time, the newest first.
    pub(crate) fn anomalies(&self, from: u64) -> Vec<Anomaly> {
        let mut active: Vec<Anomaly> = self.active.values().cloned().collect();
        active.sort_by(|a, b| b.score.total_cmp(&a.score));
        let ended = self.ended.iter().filter(|anomaly| anomaly.until.is_some_and(|until| until >= from));
        active.into_iter().chain(ended.cloned()).collect()
    }

    /// How many series are watched.
    pub(crate) fn len(&self) -> usize {
        self.series.len()
    }

    /// Writes what goes on, and what has begun, into the tenant's row.
    pub(crate) fn expose(&self, tenant: &Tenant, begun: &[Anomaly]) {
        for kpi in AnomalyKpi::ALL {
            for attribute in AnomalyAttribute::ALL {
                let name = (*attribute != AnomalyAttribute::All).then(|| attribute.as_str());
                let is_of = |anomaly: &&Anomaly| anomaly.kpi == kpi.as_str() && anomaly.attribute == name;
                let active = self.active.values().filter(is_of).count();
                let onsets = begun.iter().filter(is_of).count();
                let gauge = Gauge::AnomalyActive(*kpi, *attribute);
                // A pair that never had one makes no series, but for those of everything.
                if active > 0 || name.is_none() || tenant.row().gauge(gauge).value.is_some() {
                    tenant.set(gauge, active);
                }
                tenant.row().count(Counter::AnomalyOnsets(*kpi), onsets as f64);
            }
        }
        tenant.row().count(Counter::AnomalySeriesRefused, self.refused as f64);
        tenant.set(Gauge::AnomalySeries, self.len());
    }
}

fn note(
    active: &mut HashMap<(Series, AnomalyKpi), Anomaly>,
    ended: &mut VecDeque<Anomaly>,
    series: &Series,
    now: u64,
    verdict: &Verdict,
) {
    let key = (series.clone(), verdict.kpi);
    let anomaly = Anomaly {
        kpi: verdict.kpi.as_str(),
        attribute: series.as_ref().map(|(attribute, _)| *attribute),
        value: series.as_ref().map(|(_, value)| value.clone()),
        since: verdict.since,
        until: None,
        observed: verdict.standing.observed,
        expected: verdict.standing.expected,
        score: verdict.standing.score,
    };
    if verdict.change == Some(Change::End) {
        // The last values are calm; what it was like at its worst is what people ask for.
        let worst = active.remove(&key).unwrap_or(anomaly);
        ended.push_front(Anomaly { until: Some(now), ..worst });
        ended.truncate(MAX_ENDED);
        return;
    }
    let worst = active.get(&key).is_none_or(|known| known.score < anomaly.score);
    if worst {
        active.insert(key, anomaly);
    }
}
