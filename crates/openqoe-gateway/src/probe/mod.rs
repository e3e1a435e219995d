//! The synthetic prober: `openqoe-probe` with sockets. A command plays URLs once or on a schedule, the gateway does so by its
//! configuration, and `/probe` of the internal listener does so for whoever scrapes it, as the Prometheus blackbox exporter does.

mod client;
pub(crate) mod command;
mod config;
mod delivery;
mod endpoint;
mod exposition;
mod reporter;
mod run;
mod schedule;
mod table;
mod targets;
mod threshold;

pub(crate) use config::Config;
pub(crate) use endpoint::routes;
pub(crate) use schedule::start;
