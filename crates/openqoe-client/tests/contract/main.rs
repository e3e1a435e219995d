//! The client held to its contract: by the vectors it shares with the web SDK, and by properties of any course of events.

#![allow(clippy::unwrap_used)]

mod bytes;
mod case;
mod host;
mod properties;
mod vectors;
