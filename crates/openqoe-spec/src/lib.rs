//! The vocabulary of OpenQoE: what players report ([`Event`]), what is made of it ([`Measurement`]), what can become of a
//! report ([`Outcome`]) and the names of everything. The names are generated from `spec/registry`; the types that give them
//! meaning are here. This crate stands on the ground floor and depends on no sibling.

mod attribute;
pub mod compact;
mod event;
mod foreign;
#[rustfmt::skip]
mod generated;
mod kpi;
mod measurement;
mod metric;
mod numbering;
mod trace;

pub use attribute::{AttributeDef, AttributeType, Attributes, Class, InvalidAttribute};
pub use event::{Batch, Event};
pub use foreign::{
    Buckets, Exponential, ForeignExemplar, ForeignMetric, ForeignPoint, ForeignValue, Temporality,
};
pub use generated::attributes::{ATTRIBUTES, Attribute, SPEC_VERSION};
pub use generated::events::EventKind;
pub use generated::kpis::{HISTOGRAMS as KPI_HISTOGRAMS, Kpi, LEVELS as KPI_LEVELS, TERMS as KPI_TERMS};
pub use generated::labels::*;
pub use generated::metrics::{self, METRICS};
pub use generated::outcomes::*;
pub use kpi::{Better, HistogramDef, KpiDef, KpiKind, KpiUnit, LevelDef, TermDef, TermOf};
pub use measurement::{Exemplar, LabelSetId, Labels, Measurement, Recorder};
pub use metric::{Kind as MetricKind, MetricDef, Scope, ScopeDef, SlotDef, Unit};
pub use numbering::{Numbering, PARTS, part_of};
pub use trace::TraceId;
