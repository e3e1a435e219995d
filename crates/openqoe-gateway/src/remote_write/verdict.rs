//! What an answer means, and which version of remote write to speak next.
//!
//! The receiver tells that it understands 2.0 with the `Written` headers. One that does not may answer 415, as it should, or
//! 400; or it takes the message for an empty one of 1.0 and answers 2xx without them ("Required Written Response Headers"
//! of <https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/>).

use axum::http::StatusCode;

use super::config::Protocol;
use super::receiver::{Answer, Version};

/// What is to be done with a request that was answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Done with; so many of its samples were not taken.
    Done { refused: u64 },
    /// To be sent again later.
    Retry,
    /// To be sent again now, in 1.0.
    Unsupported,
}

/// Which version is spoken.
#[derive(Debug)]
pub(super) struct Negotiation {
    configured: Protocol,
    /// What the receiver has confirmed.
    confirmed: Option<Version>,
    /// Whether 2.0 was just turned down.
    turned_down: bool,
}

impl Negotiation {
    pub(super) fn new(configured: Protocol) -> Negotiation {
        Negotiation { configured, confirmed: None, turned_down: false }
    }

    /// The version of the next request.
    pub(super) fn version(&self) -> Version {
        match (self.configured, self.confirmed) {
            (Protocol::V1, _) => Version::V1,
            (Protocol::V2, _) => Version::V2,
            (Protocol::Auto, _) if self.turned_down => Version::V1,
            (Protocol::Auto, confirmed) => confirmed.unwrap_or(Version::V2),
        }
    }

    /// Forgets what was confirmed: the receiver was away and may be another one now.
    pub(super) fn restart(&mut self) {
        self.confirmed = None;
        self.turned_down = false;
    }

    /// Judges the answer to a request of so many samples.
    pub(super) fn judge(&mut self, sent: Version, answer: &Answer, samples: u64) -> Verdict {
        let verdict = self.verdict(sent, answer, samples);
        match verdict {
            Verdict::Unsupported => self.turned_down = true,
            Verdict::Done { refused } => {
                // What neither version is good for says nothing about versions.
                self.turned_down = false;
                if refused < samples || answer.written.is_some() {
                    self.confirmed = Some(sent);
                }
            }
            Verdict::Retry => {}
        }
        verdict
    }

    fn verdict(&self, sent: Version, answer: &Answer, samples: u64) -> Verdict {
        let auto = self.configured == Protocol::Auto;
        let unconfirmed = self.confirmed != Some(Version::V2);
        match (sent, answer.status, answer.written) {
            (_, StatusCode::TOO_MANY_REQUESTS, _) => Verdict::Retry,
            (_, status, _) if status.is_server_error() => Verdict::Retry,
            (Version::V2, StatusCode::UNSUPPORTED_MEDIA_TYPE, _) if auto => Verdict::Unsupported,
            (Version::V2, StatusCode::BAD_REQUEST, None) if auto && unconfirmed => Verdict::Unsupported,
            (Version::V2, status, None) if status.is_success() && auto => Verdict::Unsupported,
            (Version::V2, _, written) => {
                Verdict::Done { refused: samples - written.unwrap_or(0).min(samples) }
            }
            (Version::V1, status, _) if status.is_success() => Verdict::Done { refused: 0 },
            (Version::V1, ..) => Verdict::Done { refused: samples },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, written: Option<u64>) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, written, retry_after: None, line: String::new() }
    }

    /// Status, what it says it took; the verdict, the version after it.
    type Row = (u16, Option<u64>, Verdict, Version);

    fn play(configured: Protocol, rows: &[Row]) {
        let mut negotiation = Negotiation::new(configured);
        for (step, (status, written, verdict, version)) in rows.iter().enumerate() {
            let sent = negotiation.version();
            assert_eq!(negotiation.judge(sent, &answer(*status, *written), 10), *verdict, "step {step}");
            assert_eq!(negotiation.version(), *version, "step {step}");
        }
    }

    const DONE: Verdict = Verdict::Done { refused: 0 };
    const REFUSED: Verdict = Verdict::Done { refused: 10 };

    #[test]
    fn a_receiver_of_2_0_is_recognised() {
        play(
            Protocol::Auto,
            &[
                (503, None, Verdict::Retry, Version::V2),
                (204, Some(10), DONE, Version::V2),
                (400, Some(7), Verdict::Done { refused: 3 }, Version::V2),
                (400, None, REFUSED, Version::V2),
                (429, None, Verdict::Retry, Version::V2),
                // Replaced by an older one.
                (204, None, Verdict::Unsupported, Version::V1),
                (204, None, DONE, Version::V1),
                (204, None, DONE, Version::V1),
            ],
        );
    }

    #[test]
    fn each_way_to_turn_2_0_down_is_understood() {
        for status in [415, 400, 204, 200] {
            play(
                Protocol::Auto,
                &[
                    (status, None, Verdict::Unsupported, Version::V1),
                    (500, None, Verdict::Retry, Version::V1),
                    (204, None, DONE, Version::V1),
                    (400, None, REFUSED, Version::V1),
                ],
            );
        }
        // Neither version will do: the next request tries 2.0 again.
        play(
            Protocol::Auto,
            &[(400, None, Verdict::Unsupported, Version::V1), (400, None, REFUSED, Version::V2)],
        );
        play(Protocol::Auto, &[(401, None, REFUSED, Version::V2), (404, None, REFUSED, Version::V2)]);
    }

    #[test]
    fn a_configured_version_stays() {
        play(Protocol::V1, &[(204, None, DONE, Version::V1), (415, None, REFUSED, Version::V1)]);
        play(Protocol::V2, &[(415, None, REFUSED, Version::V2), (204, None, REFUSED, Version::V2)]);
        play(Protocol::V2, &[(200, Some(8), Verdict::Done { refused: 2 }, Version::V2)]);
    }
}
