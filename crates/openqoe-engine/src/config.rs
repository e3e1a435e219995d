//! The engine's limits and time-outs. All times are milliseconds.

/// What the engine waits for, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long an event waits for one sent before it.
    pub reorder_window: u64,
    /// How long an event without a number waits, so that one that was before it can come after it.
    pub hold: u64,
    /// How many events of one session may wait.
    pub reorder_events: usize,
    /// The most that one step between two events may add to a clock: timers stop while a device sleeps.
    pub max_step: u64,
    /// Silence that ends a view: three batches of steady playback, which SDKs send every second heartbeat.
    pub silence: u64,
    /// The same in the background, where browsers let timers fire once a minute.
    pub silence_hidden: u64,
    /// The same while paused: a viewer who comes back within the hour goes on with the same view (Mux).
    pub silence_paused: u64,
    /// How long an ended session is remembered, to recognise repeated and late events.
    pub keep_ended: u64,
    /// How many sessions may be held at once, ended ones included.
    pub max_sessions: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            reorder_window: 10_000,
            hold: 500,
            reorder_events: 256,
            max_step: 90_000,
            silence: 60_000,
            silence_hidden: 180_000,
            silence_paused: 3_600_000,
            keep_ended: 600_000,
            max_sessions: 1_000_000,
        }
    }
}
