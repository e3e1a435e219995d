//! What `cargo xtask codegen` made of `spec/registry`; committed, so that a build needs no generator.

pub(crate) mod attributes;
mod compact;
pub(crate) mod events;
pub(crate) mod kpis;
pub(crate) mod labels;
#[allow(unreachable_pub)] // re-exported as a whole: `openqoe_spec::metrics`
pub mod metrics;
pub(crate) mod outcomes;
