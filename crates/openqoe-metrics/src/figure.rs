//! Single figures of a shared row, for those who show one number instead of an exposition, each with the series it is.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use openqoe_spec::SlotDef;
use openqoe_spec::metrics::METRICS;

use crate::layout::layout;
use crate::shared::{SharedRow, SharedScope, UNSET};

/// One number.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The metric it is of.
    pub metric: &'static str,
    /// In the exposed unit; `None` while there is none.
    pub value: Option<f64>,
    /// The query of Prometheus that gives it.
    pub query: String,
    /// The exposed unit: `seconds`, `bytes`, `ratio`, or nothing for plain counts.
    pub unit: &'static str,
}

impl<S: SharedScope> SharedRow<S> {
    /// What a counter has come to.
    pub fn counter(&self, counter: S::Counter) -> Figure {
        let slot = S::counter(counter);
        let value = f64::from_bits(self.counters[slot].load(Ordering::Relaxed));
        self.figure(&layout(S::SCOPE).counters[slot], Some(value))
    }

    /// Where a gauge stands.
    pub fn gauge(&self, gauge: S::Gauge) -> Figure {
        let slot = S::gauge(gauge);
        let bits = self.gauges[slot].load(Ordering::Relaxed);
        self.figure(&layout(S::SCOPE).gauges[slot], (bits != UNSET).then(|| f64::from_bits(bits)))
    }

    /// A quantile of everything a histogram has seen since the start, within the resolution of its native buckets.
    pub fn quantile(&self, histogram: S::Histogram, q: f64) -> Figure {
        let slot = S::histogram(histogram);
        let def = &layout(S::SCOPE).histograms[slot];
        let place = self.histograms[slot].lock().unwrap_or_else(PoisonError::into_inner);
        let value = place.as_ref().and_then(|histogram| histogram.native().quantile(q));
        let metric = &METRICS[def.metric];
        let series = series(&format!("{}_bucket", metric.name), &self.labels, def.labels);
        Figure {
            metric: metric.name,
            value,
            query: format!("histogram_quantile({q}, sum by (le) ({series}))"),
            unit: metric.unit.as_str(),
        }
    }

    fn figure(&self, slot: &SlotDef, recorded: Option<f64>) -> Figure {
        let metric = &METRICS[slot.metric];
        Figure {
            metric: metric.name,
            value: recorded.map(|value| value / metric.unit.divisor()),
            query: series(metric.name, &self.labels, slot.labels),
            unit: metric.unit.as_str(),
        }
    }
}

fn series(name: &str, row: &str, slot: &str) -> String {
    match [row, slot].iter().filter(|labels| !labels.is_empty()).copied().collect::<Vec<_>>().join(",") {
        labels if labels.is_empty() => name.to_owned(),
        labels => format!("{name}{{{labels}}}"),
    }
}

#[cfg(test)]
mod tests {
    use openqoe_spec::metrics::{process, tenant};
    use openqoe_spec::{Guarded, Protocol};

    use super::*;

    #[test]
    fn figures_are_in_exposed_units_and_name_their_series() {
        let row = SharedRow::tenant("a");
        row.count(tenant::Counter::IngestBatches(Protocol::Native), 3.0);
        let batches = row.counter(tenant::Counter::IngestBatches(Protocol::Native));
        let query = "openqoe_ingest_batches_total{tenant=\"a\",protocol=\"native\"}";
        assert_eq!((batches.value, batches.query.as_str(), batches.unit), (Some(3.0), query, ""));
        assert!(query.starts_with(batches.metric));
        let folded = row.gauge(tenant::Gauge::MetricsOverflowValues(Guarded::Cdn));
        assert_eq!(folded.value, None);

        let row = SharedRow::process();
        row.set(process::Gauge::ProcessStartTimeSeconds, 1500.0);
        let started = row.gauge(process::Gauge::ProcessStartTimeSeconds);
        assert_eq!((started.value, started.query.as_str()), (Some(1.5), "process_start_time_seconds"));
        row.observe(process::Histogram::JournalAppendDurationSeconds, 2.0);
        let append = row.quantile(process::Histogram::JournalAppendDurationSeconds, 0.5);
        assert!((append.value.unwrap() / 0.002 - 1.0).abs() < 0.1, "{append:?}");
        assert_eq!(
            append.query,
            "histogram_quantile(0.5, sum by (le) (openqoe_journal_append_duration_seconds_bucket))"
        );
    }
}
