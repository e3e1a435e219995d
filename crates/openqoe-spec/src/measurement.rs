//! What the engine says and the series table hears.

use serde::{Deserialize, Serialize};

use crate::attribute::Attributes;
use crate::generated::metrics::view::{Counter, Gauge, Histogram, KeyedCounter};

/// A session's label set, interned by the series table. The engine passes it on without knowing what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LabelSetId(pub u32);

/// Where an observation came from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exemplar<'a> {
    /// The session.
    pub session_id: &'a str,
    /// When, epoch ms on the gateway's clock.
    pub at: u64,
    /// Whether a trace of that session is going to be exported. The engine does not know; the series table does.
    pub is_traced: bool,
}

/// One change of one metric. Times are milliseconds: sums of whole milliseconds are exact in an `f64`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measurement<'a> {
    /// A counter grows.
    Count(Counter, f64),
    /// A counter with a guarded label grows; the text is the label's value.
    CountKeyed(KeyedCounter, &'a str, f64),
    /// A gauge moves by this much.
    Move(Gauge, f64),
    /// A histogram gets a value: sum, count and bucket.
    Observe(Histogram, f64, Option<Exemplar<'a>>),
    /// A histogram gets a value that stands for so many like it.
    ObserveMany(Histogram, f64, u64),
    /// The sum of a histogram grows while the value is still in the making.
    Advance(Histogram, f64),
    /// That value is final: count and bucket, its sum being there already.
    Settle(Histogram, f64, Option<Exemplar<'a>>),
}

/// Where measurements go.
pub trait Recorder {
    /// Takes one measurement for one label set.
    fn record(&mut self, set: LabelSetId, measurement: Measurement<'_>);
}

/// Where label sets come from.
pub trait Labels {
    /// The label set of a session with these attributes. Bounded: values beyond a budget share one label set.
    fn intern(&mut self, tenant: &str, attributes: &Attributes) -> LabelSetId;
}
