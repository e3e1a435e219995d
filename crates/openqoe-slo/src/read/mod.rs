//! From text to objectives that are known to be good. `document` finds the documents of a file, `playback_slo` and `open_slo`
//! read one each, the others read parts of it.

pub(crate) mod alerts;
pub(crate) mod document;
mod filter;
pub(crate) mod indicator;
mod labels;
mod locate;
pub(crate) mod node;
mod open_slo;
pub(crate) mod playback_slo;
mod selector;
