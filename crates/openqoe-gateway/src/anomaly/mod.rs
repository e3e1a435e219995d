//! Indicators that are worse than their own past explains: for everything together and for each value of an attribute with enough
//! traffic. Nothing here does I/O or reads a clock: steps of growth go in, verdicts come out.

mod detector;
#[cfg(test)]
mod measured;
mod usual;
mod watch;

pub(crate) use usual::{Usual, noise};
pub(crate) use watch::{Anomaly, Series, Watch};
