//! What a metric is, apart from its value: the rows of the generated tables.

use crate::generated::labels::Guarded;

/// How a metric behaves over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes both ways.
    Gauge,
    /// Counts observations into buckets, classic and native.
    Histogram,
}

/// The base unit a metric is exposed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A plain count.
    None,
    /// Seconds. Recorded in milliseconds, whose sums are exact, and divided on the way out.
    Seconds,
    /// Bytes.
    Bytes,
    /// A fraction of one.
    Ratio,
}

impl Unit {
    /// How many recorded units make one exposed unit.
    pub const fn divisor(self) -> f64 {
        match self {
            Unit::Seconds => 1000.0,
            Unit::None | Unit::Bytes | Unit::Ratio => 1.0,
        }
    }

    /// The unit's name in OpenMetrics, empty for plain counts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Unit::None => "",
            Unit::Seconds => "seconds",
            Unit::Bytes => "bytes",
            Unit::Ratio => "ratio",
        }
    }
}

/// Which rows of the series table a metric lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One row for each label set of a session.
    View,
    /// One row for each experiment variant.
    Experiment,
    /// One row for each content type, computed over a trailing window.
    Slo,
    /// Rows for each group of a service level objective: one of it, one for each window and one for each alert.
    Objective,
    /// One row for each tenant.
    Tenant,
    /// One row.
    Process,
    /// One row, of one probe, in the answer to whoever asked for it.
    Probe,
}

/// One registered metric.
#[derive(Debug)]
pub struct MetricDef {
    /// The name in the exposition.
    pub name: &'static str,
    /// One or more sentences.
    pub help: &'static str,
    /// Counter, gauge or histogram.
    pub kind: Kind,
    /// Base unit of the exposition.
    pub unit: Unit,
    /// The rows it lives in.
    pub scope: Scope,
    /// The domain of the taxonomy, such as `startup`.
    pub domain: &'static str,
    /// Its first slot in the row's table for its kind (or for keyed counters).
    pub first_slot: usize,
    /// How many combinations of closed labels it has.
    pub slots: usize,
    /// The guarded label of its own, when it has one: the counter is then keyed by that label's value.
    pub key: Option<Guarded>,
    /// Upper bounds of the classic buckets in the exposed unit, ascending, without `+Inf`.
    pub buckets: &'static [f64],
    /// Whether buckets keep an exemplar with the session id.
    pub exemplars: bool,
}

/// One combination of a metric and its closed labels: a position in a row.
#[derive(Debug)]
pub struct SlotDef {
    /// Index into [`crate::METRICS`].
    pub metric: usize,
    /// The closed labels, ready for the exposition: `direction="up"`, or empty.
    pub labels: &'static str,
    /// The slot of the experiment row that gets the same values.
    pub mirror: Option<usize>,
}

/// The layout of the rows of one scope.
#[derive(Debug)]
pub struct ScopeDef {
    /// Slots of plain counters.
    pub counters: &'static [SlotDef],
    /// Slots of gauges.
    pub gauges: &'static [SlotDef],
    /// Slots of histograms.
    pub histograms: &'static [SlotDef],
    /// Slots of counters with a guarded label.
    pub keyed: &'static [SlotDef],
}
