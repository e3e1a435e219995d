//! What the answer to a request means: OTLP 1, "OTLP/HTTP Response".

use axum::http::StatusCode;
use prost::Message;

use super::message::Response;
use crate::push::Answer;

/// What is to be done with a request that was answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The receiver took it, but for so many of its items, and says why.
    Taken { rejected: usize, why: String },
    /// It never will.
    Refused,
    /// To be sent again later.
    Retry,
}

impl Verdict {
    /// Judges the answer to a request of so many items.
    pub(super) fn of(answer: &Answer, items: usize) -> Verdict {
        match answer.status {
            status if status.is_success() => {
                // An answer nobody can read is one without objections: some receivers say `{}` whatever they are asked.
                let partial =
                    Response::decode(&*answer.body).ok().and_then(|response| response.partial_success);
                let partial = partial.unwrap_or_default();
                let rejected = usize::try_from(partial.rejected).unwrap_or_default().min(items);
                Verdict::Taken { rejected, why: partial.error_message }
            }
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Verdict::Retry,
            _ => Verdict::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::super::message::PartialSuccess;
    use super::*;

    fn of(status: u16, body: Vec<u8>) -> Verdict {
        let status = StatusCode::from_u16(status).unwrap();
        Verdict::of(&Answer { status, headers: HeaderMap::new(), body: body.into() }, 10)
    }

    fn partial(rejected: i64) -> Vec<u8> {
        let partial_success = Some(PartialSuccess { rejected, error_message: "too old".to_owned() });
        Response { partial_success }.encode_to_vec()
    }

    #[test]
    fn answers_are_told_apart() {
        let taken = |rejected, why: &str| Verdict::Taken { rejected, why: why.to_owned() };
        assert_eq!(of(200, Vec::new()), taken(0, ""));
        assert_eq!(of(202, b"{}".to_vec()), taken(0, ""));
        assert_eq!(of(200, partial(3)), taken(3, "too old"));
        assert_eq!(of(200, partial(0)), taken(0, "too old"));
        assert_eq!((of(200, partial(11)), of(200, partial(-1))), (taken(10, "too old"), taken(0, "too old")));
        for status in [429, 502, 503, 504] {
            assert_eq!(of(status, Vec::new()), Verdict::Retry, "{status}");
        }
        for status in [301, 400, 401, 404, 413, 500, 501] {
            assert_eq!(of(status, Vec::new()), Verdict::Refused, "{status}");
        }
    }
}
