//! The real binary on real sockets.

#![allow(clippy::unwrap_used)]

mod archive;
mod bad_input;
mod durability;
mod exposition;
mod harness;
mod ledger;
mod lifecycle;
mod mmdb;
mod overload;
mod privacy;
mod privacy_grep;
mod request_log;
