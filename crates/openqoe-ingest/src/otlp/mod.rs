//! OTLP 1 (<https://opentelemetry.io/docs/specs/otlp/>): requests of metrics become points with names and labels as Prometheus
//! has them; requests of traces and logs are rid of what is private, to be passed on.
//!
//! A request is read whole first. Only one with something wrong in it is read again, point by point, to leave out no more than
//! has to be.

mod identity;
mod label;
mod lenient;
mod name;
mod points;
mod request;
mod scrub;
mod value;

pub use label::Labeling;
pub use points::{Collected, RejectedPoint, points};
pub use request::{Encoding, Malformed, MetricsRequest, decode, decode_metrics};
pub use scrub::{Scrubbed, Scrubber};
