//! The real binary on real sockets.

mod bad_input;
mod exposition;
mod harness;
mod ledger;
mod lifecycle;
