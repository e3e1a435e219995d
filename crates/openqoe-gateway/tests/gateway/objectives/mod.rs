//! Objectives as the gateway evaluates them.

mod against_prometheus;
mod answers;
mod traffic;
