//! Service level objectives: YAML in, objectives known to be good out ([`parse`]), and from these recording rules and burn-rate
//! alerts for Prometheus. Reads nothing but its input. What the YAML may say is in docs/guide/slos.md, what an objective means in
//! [`model`].

pub mod compile;
mod doubts;
pub mod duration;
pub mod model;
mod number;
mod problem;
mod profile;
mod read;
mod templates;

pub use compile::{Options, RuleFile, compile};
pub use doubts::doubts;
pub use model::{BurnAlert, Indicator, IndicatorKind, Matcher, NoData, Part, Severity, Slo, Term};
pub use number::clean;
pub use problem::{Problem, Reason};
pub use read::document::{MAX_BYTES, parse, parse_all};
pub use templates::{TEMPLATES, demo, templates};
