//! One viewing attempt: its identity, its clock and its numbering. An event becomes text here, at once, so that what is
//! resent after a failure is byte for byte what was sent before.

use openqoe_spec::EventKind;

use crate::clock::Clock;
use crate::host::{Now, Random};
use crate::wire::encode_event;

/// Who an event belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Session {
    /// The wall clock at `t` = 0, epoch ms. First, so that sessions sort by age.
    pub(crate) started_at: u64,
    pub(crate) id: String,
}

/// The session that is open.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) session: std::sync::Arc<Session>,
    pub(crate) clock: Clock,
    seq: u64,
    /// When time was last seen to pass, and what the session's clock said.
    pub(crate) seen: (Now, u64),
    /// When the next heartbeat is due, monotonic.
    pub(crate) beat_at: u64,
    /// Whether the last heartbeat was no reason to send.
    pub(crate) held: bool,
}

impl Open {
    pub(crate) fn new(now: Now, heartbeat_ms: u64, random: &dyn Random) -> Self {
        let session = Session { started_at: now.wall_ms, id: uuid(random) };
        Self {
            session: session.into(),
            clock: Clock::start(now),
            seq: 0,
            seen: (now, 0),
            beat_at: now.monotonic_ms.saturating_add(heartbeat_ms),
            held: false,
        }
    }

    /// Numbers and dates an event. `None` where it cannot be told; the number is then not used up.
    pub(crate) fn stamp(&mut self, event: &EventKind, t: u64) -> Option<(u64, String)> {
        let seq = self.seq;
        let t = self.clock.date(event.name(), t);
        let text = encode_event(event, seq, t)?;
        self.seq += 1;
        Some((seq, text))
    }

    /// `traceparent` of W3C Trace Context for a request of this session.
    pub(crate) fn traceparent(&self, random: &dyn Random) -> String {
        // An id of zeros is invalid (section 3.2.2.4).
        let span = random.bits().max(1);
        format!("00-{}-{span:016x}-01", self.session.id.replace('-', ""))
    }
}

/// A random (version 4) UUID, RFC 9562 section 5.4.
fn uuid(random: &dyn Random) -> String {
    let high = (random.bits() & 0xffff_ffff_ffff_0fff) | 0x4000;
    let low = (random.bits() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
    let hex = format!("{high:016x}{low:016x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Same(u64);

    impl Random for Same {
        fn fraction(&self) -> f64 {
            0.0
        }
        fn bits(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn ids_are_of_version_4() {
        assert_eq!(uuid(&Same(0)), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(&Same(u64::MAX)), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn a_trace_has_the_id_of_its_session() {
        let now = Now { monotonic_ms: 0, wall_ms: 0 };
        let open = Open::new(now, 10_000, &Same(0));
        let expected = "00-00000000000040008000000000000000-0000000000000001-01";
        assert_eq!(open.traceparent(&Same(0)), expected);
    }
}
