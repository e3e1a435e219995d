//! The real binary on real sockets.

#![allow(clippy::unwrap_used)]

mod archive;
mod attributes;
mod bad_input;
mod bench;
mod cardinality;
mod cdn_logs;
mod certificates;
mod compat;
mod console;
mod contract;
mod damage;
mod disk;
mod durability;
mod edge;
mod explore;
mod exposition;
#[cfg(feature = "wasm")]
mod filters;
mod harness;
mod history;
mod ledger;
mod lifecycle;
mod mmdb;
mod objectives;
mod otlp;
mod otlp_in;
#[path = "../../src/otlp/message.rs"]
#[allow(dead_code)]
mod otlp_message;
mod otlp_metrics;
mod otlp_metrics_servers;
#[path = "../../../openqoe-metrics/src/tests/otlp_wire.rs"]
mod otlp_wire;
mod overload;
mod privacy;
mod privacy_grep;
mod privacy_playbacks;
mod probe;
mod receiver;
mod remote_write;
mod remote_write_servers;
mod request_log;
mod servers;
mod skew;
mod slo_command;
mod slow;
mod tenants;
mod tls;
#[path = "../../../openqoe-metrics/src/tests/remote_write_wire.rs"]
mod wire;
