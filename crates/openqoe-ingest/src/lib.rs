//! Bytes to events, and to rejections: one file or folder for every protocol, one line each in [`PROTOCOLS`].
//!
//! Decoders do no I/O, read no clock, never panic on input, and never let one bad event take a batch down with it.

mod cdn_log;
mod cmcd;
mod cmsd;
mod epas;
mod media3;
mod native;
pub mod otlp;
mod protocol;
mod prototype;
mod suggest;
mod told;
mod user_agent;

pub use protocol::{Answer, Decoded, PROTOCOLS, Payload, ProtocolDef, Refused, Rejection};
pub use suggest::closest;
pub use user_agent::fill as fill_device;
