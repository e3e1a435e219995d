//! What the engine is told of the configuration.

use super::{Config, ms};

impl Config {
    /// The engine's part for one of `shards` shards.
    pub(crate) fn engine(&self, shards: usize) -> openqoe_engine::Config {
        openqoe_engine::Config {
            reorder_window: ms(self.engine.reorder_window),
            hold: openqoe_engine::Config::default().hold,
            reorder_events: self.engine.reorder_events,
            max_step: ms(self.engine.max_step),
            silence: ms(self.engine.silence),
            silence_hidden: ms(self.engine.silence_hidden),
            silence_paused: ms(self.engine.silence_paused),
            keep_ended: ms(self.engine.keep_ended),
            max_sessions: self.limits.max_sessions.div_ceil(shards),
        }
    }
}
