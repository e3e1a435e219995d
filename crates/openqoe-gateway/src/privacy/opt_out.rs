//! Global Privacy Control (<https://w3c.github.io/gpc/>): the viewer's browser says `Sec-GPC: 1`. Players that are no
//! browsers may say the same.

use openqoe_ingest::Rejection;
use openqoe_spec::{Batch, Rejected};

use super::RequestContext;

/// Whether the viewer objects; any other value than `1` says nothing (GPC §3.2).
pub(super) fn is_said(request: &RequestContext<'_>) -> bool {
    request.header("sec-gpc") == "1"
}

/// Names the events of a batch that is not taken. Their places in the body are those no other rejection has.
pub(crate) fn refuse(batch: &Batch, rejections: &mut Vec<Rejection>) {
    let taken: Vec<usize> = rejections.iter().map(|rejection| rejection.index).collect();
    let free = (0..).filter(|index| !taken.contains(index));
    rejections.extend(free.zip(&batch.events).map(|(index, event)| Rejection {
        index,
        seq: Some(event.seq),
        reason: Rejected::OptedOut,
        message: "the viewer objects to it (Sec-GPC: 1)".into(),
    }));
    rejections.sort_by_key(|rejection| rejection.index);
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};
    use openqoe_spec::{Attributes, Event, EventKind};

    use super::*;

    #[test]
    fn only_one_means_yes() {
        for (value, expected) in [(Some("1"), true), (Some("0"), false), (Some("1, 1"), false), (None, false)]
        {
            let mut headers = HeaderMap::new();
            value.map(|value| headers.insert("sec-gpc", HeaderValue::from_static(value)));
            let request = RequestContext { peer: [127, 0, 0, 1].into(), headers: &headers };
            assert_eq!(is_said(&request), expected, "{value:?}");
        }
    }

    #[test]
    fn refused_events_stand_where_they_stood() {
        let event = |seq| Event { seq, t: 0, kind: EventKind::Playing };
        let batch = Batch {
            session_id: "s".into(),
            started_at: 0,
            sent_at: 0,
            attributes: Attributes::default(),
            events: vec![event(10), event(12), event(14)],
        };
        let bad =
            |index| Rejection { index, seq: None, reason: Rejected::UnknownType, message: String::new() };
        let mut rejections = vec![bad(1), bad(3)];
        refuse(&batch, &mut rejections);
        let places: Vec<_> = rejections.iter().map(|rejection| (rejection.index, rejection.seq)).collect();
        assert_eq!(places, [(0, Some(10)), (1, None), (2, Some(12)), (3, None), (4, Some(14))]);
    }
}
