//! The real binary on real sockets.

#![allow(clippy::unwrap_used)]

mod archive;
mod attributes;
mod bad_input;
mod cardinality;
mod certificates;
mod contract;
mod damage;
mod disk;
mod durability;
mod edge;
mod explore;
mod exposition;
mod harness;
mod ledger;
mod lifecycle;
mod mmdb;
mod overload;
mod privacy;
mod privacy_grep;
mod receiver;
mod remote_write;
mod remote_write_servers;
mod request_log;
mod servers;
mod skew;
mod slow;
mod tenants;
mod tls;
#[path = "../../../openqoe-metrics/src/tests/remote_write_wire.rs"]
mod wire;
