//! Tests of the crate as a whole: goldens, and properties that hold for any measurements.

mod admission;
mod checkpoint;
mod expiry;
mod exposition;
mod names;
pub(crate) mod properties;
mod vectors;
