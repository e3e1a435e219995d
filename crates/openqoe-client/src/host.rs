//! What passes between client and host. The host has the clocks, the network, the disk and the dice; the client has the
//! decisions. Plain records and enums of owned values, so that bindings can carry them as they are.

/// Both clocks, read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds on a clock that never goes back; it may stand still while the device sleeps.
    pub monotonic_ms: u64,
    /// Epoch milliseconds on the clock on the wall; it may be set.
    pub wall_ms: u64,
}

impl Now {
    /// Milliseconds since `then`, on the clock by which more passed: one stands still in sleep, the other can be set back.
    pub(crate) fn since(self, then: Now) -> u64 {
        let monotonic = self.monotonic_ms.saturating_sub(then.monotonic_ms);
        monotonic.max(self.wall_ms.saturating_sub(then.wall_ms))
    }
}

/// Where chance comes from. The client draws seldom: for a session, for a delay, once for the sampling phase.
pub trait Random: Send {
    /// Uniform in `[0, 1)`; for delays and the phase of sampling.
    fn fraction(&self) -> f64;
    /// 64 unpredictable bits; for session and span ids.
    fn bits(&self) -> u64;
}

/// Something for the host to do, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// POST the body to the endpoint, compressed with gzip if the platform can, and hand the outcome to [`Client::answer`](crate::Client::answer).
    Send(Request),
    /// Hand the body, as it is, to whatever delivers it after the app is gone. No answer is awaited.
    Beacon(Request),
    /// Keep these records, replacing those of the same keys, all or none of them.
    Store {
        /// What to keep.
        records: Vec<Record>,
    },
    /// Remove the records of these keys.
    Forget {
        /// Whose.
        keys: Vec<String>,
    },
    /// Remove every record.
    ForgetAll,
    /// Tell the developer.
    Warn {
        /// What went wrong and what to do.
        message: String,
    },
}

/// One body of `POST /v1/ingest`, `Content-Type: text/plain` or `application/json`. Android and Apple have a compressor, so the
/// client carries none; the gateway knows gzip by its first bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Names the request in the answer.
    pub id: u64,
    /// JSON.
    pub body: String,
}

/// What came of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status, 0 where there was no answer.
    pub status: u16,
    /// The header `Retry-After` as it was.
    pub retry_after: Option<String>,
    /// The body, as much of it as the host cares to read.
    pub body: String,
}

/// What the host keeps for the client between runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Up to 128 characters of `[0-9a-zA-Z-]`.
    pub key: String,
    /// The client's own; up to [`MAX_RECORD_BYTES`](crate::MAX_RECORD_BYTES).
    pub bytes: Vec<u8>,
}

/// The player's figures for a heartbeat, as far as it knows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Media buffered ahead of the playhead.
    pub buffer_ms: Option<u64>,
    /// Wall clock minus the capture time of the frame shown.
    pub latency_ms: Option<u64>,
    /// How that capture time is known.
    pub latency_clock: Option<openqoe_spec::LatencyClock>,
    /// Frames handled so far, dropped ones included.
    pub frames_decoded: Option<u64>,
    /// Frames dropped so far.
    pub frames_dropped: Option<u64>,
}
