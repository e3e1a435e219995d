//! What `cargo xtask codegen` made of `spec/registry`; committed, so that a build needs no generator.

pub mod attributes;
pub mod events;
pub mod labels;
pub mod metrics;
pub mod outcomes;
