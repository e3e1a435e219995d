//! Measurements to series. A [`Table`] per shard holds the rows that sessions write to; a [`Snapshot`] is what a scrape
//! takes of them; [`SINKS`] are the formats it can be encoded in, [`RemoteWrite`] and [`OtlpMetrics`] encode what is pushed. The
//! crate knows no session, does no I/O and reads no clock: times come in as values.
//!
//! A **row** is one label set of one scope (`tenant="a",country="DE"`). It holds a slot for every combination of a metric
//! and its closed labels, laid out by the generated `ScopeDef`s, so that a measurement is an indexed add. Label text is
//! resolved, guarded against cardinality and escaped once, when a session's attributes are interned.

mod cells;
mod checkpoint;
mod exemplars;
mod expiry;
mod family;
mod figure;
mod foreign;
mod guard;
mod histogram;
mod label_set;
mod labels;
mod layout;
mod native;
mod negotiate;
mod number;
mod reading;
mod shared;
mod sinks;
mod slo;
mod snapshot;
mod sums;
mod table;
#[cfg(test)]
mod tests;
mod traces;

pub use checkpoint::RestoreError;
pub use exemplars::ExemplarOrder;
pub use expiry::Released;
pub use figure::Figure;
pub use foreign::{Folded, Foreign, ForeignLimits, ForeignUsage};
pub use guard::{AttributeReport, Guard, LabelSetsReport, Limits, OVERFLOW, Offender, Report};
pub use labels::label;
pub use negotiate::negotiate;
pub use reading::{Reading, label_pairs, label_text};
pub use shared::{ProcessScope, SharedRow, SharedScope, TenantScope};
pub use sinks::known::Started;
pub use sinks::otlp::{OtlpMetrics, OtlpMetricsOptions, OtlpRequest};
pub use sinks::remote_write::{
    Histograms, Message as RemoteWriteMessage, RemoteWrite, RemoteWriteOptions, to_1_0,
};
pub use sinks::{SINKS, Sink};
pub use slo::SloWindow;
pub use snapshot::Snapshot;
pub use sums::{Dictionary, Growth, RowMemory, Sums};
pub use table::Table;
pub use traces::Traces;
