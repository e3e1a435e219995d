//! Bytes to events, and to rejections: one file or folder for every protocol, one line each in [`PROTOCOLS`].
//!
//! Decoders do no I/O, read no clock, never panic on input, and never let one bad event take a batch down with it.

mod cmcd;
mod native;
pub mod otlp;
mod protocol;
mod suggest;

pub use protocol::{Answer, Decoded, PROTOCOLS, Payload, ProtocolDef, Refused, Rejection};
pub use suggest::closest;
