//! Events to measurements. The engine holds one state machine for every session, puts its events back into order, tells
//! duplicates from news, and says what the viewer lived through as [`openqoe_spec::Measurement`]s.
//!
//! It is a function of its inputs: it does no I/O and reads no clock. The same events at the same times give the same
//! measurements; duplicates and bounded reordering change nothing; phase times sum to session time.

mod admission;
mod census;
mod checkpoint;
mod config;
mod engine;
mod in_order;
mod ledger;
mod playback;
mod sequence;
mod sessions;
mod summary;
mod timeline;

pub use census::Stats;
pub use checkpoint::RestoreError;
pub use config::Config;
pub use engine::{Arrival, Engine};
pub use in_order::in_order;
pub use ledger::{Ended, Ledger, Source, Taken};
pub use playback::{Passage, Phase};
pub use sessions::Open;
pub use summary::Summary;
pub use timeline::{Band, Download, Mark, Timeline, timeline};
