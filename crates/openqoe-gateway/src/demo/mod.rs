//! What makes `openqoe demo` a demo: an origin that serves a small ladder, on demand and live, and breaks on request, and simulated viewers
//! who report through the same public endpoint as everyone else. No other part of the gateway knows that they exist.

mod audience;
mod boxes;
mod chance;
mod courier;
mod delivery;
mod faults;
pub(crate) mod folder;
mod live;
mod media;
pub(crate) mod monitoring;
mod origin;
mod pacing;
mod range;
mod request_log;
mod schedule;
mod scopes;
mod script;
#[cfg(test)]
mod simulation;
mod viewer_model;
mod viewer_wire;
pub(crate) mod viewers;

pub(crate) use origin::router;
pub(crate) use scopes::Demo;
#[cfg(test)]
pub(crate) use simulation::Simulation;
