//! The player against manifests and traces of networks: data in, data out, and what holds whatever comes in.

#![allow(clippy::unwrap_used)]

mod network;
mod properties;
mod vectors;
