//! Tests of the crate as a whole: goldens, and properties that hold for any measurements.

mod checkpoint;
mod exposition;
mod names;
mod properties;
mod remote_write;
mod remote_write_wire;
mod vectors;
