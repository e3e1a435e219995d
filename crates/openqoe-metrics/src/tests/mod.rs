//! Tests of the crate as a whole: goldens, and properties that hold for any measurements.

mod admission;
mod checkpoint;
mod exemplars;
mod expiry;
mod exposition;
mod names;
mod otlp;
mod otlp_foreign;
pub(crate) mod otlp_wire;
pub(crate) mod properties;
mod remote_write;
mod remote_write_wire;
mod traces;
mod vectors;
