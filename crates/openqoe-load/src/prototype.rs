//! The OpenQoE prototype: thirteen events of its SDK a body, each with the whole envelope, as it sends them.

use std::fmt::Write;

use crate::{ITEMS, Turn};

pub(crate) fn write(out: &mut Vec<u8>, turn: &Turn) -> usize {
    let mut text = String::from(r#"{"events":["#);
    let (view, asset) = (turn.session_id(), turn.asset());
    for event in 0..ITEMS {
        let (kind, data) = match (turn.step, event) {
            (0, 0) => ("playerready", r#"{"player_startup_time":800}"#),
            (_, 0 | 1) => ("playing", r#"{"playing_time":1000}"#),
            (_, 5) => ("stallstart", r#"{"buffer_len_ms":0}"#),
            (_, 6) => ("stallend", r#"{"stall_position_secs":12}"#),
            (_, 3 | 9) => (
                "heartbeat",
                r#"{"playing_time":1000,"bitrate":4800000,"buffer_len_ms":18200,"dropped_frames":3}"#,
            ),
            _ => (
                "fragmentloaded",
                r#"{"frag_duration":4,"size_bytes":184320,"time_to_load":412,"ttfb_ms":38,"media_type":"video"}"#,
            ),
        };
        if event > 0 {
            text.push(',');
        }
        let time = turn.at(event);
        // Writing to a string does not fail.
        let _ = write!(
            text,
            r#"{{"event_type":"{kind}","event_time":{time},"viewer_time":{time},"playback_time":1000,"org_id":"o","player_id":"p",
            "view_id":"{view}","session_id":"{view}","viewer_id":"8f434346648f6b96df89dda901c5176b",
            "device":{{"category":"desktop"}},"os":{{"family":"Linux"}},"player":{{"name":"hls.js","version":"1.6"}},"video":{{"id":"bench-{asset}"}},
            "data":{data}}}"#
        );
    }
    text.push_str("]}");
    out.extend_from_slice(text.as_bytes());
    ITEMS
}
