//! Eyevinn Player Analytics: as its SDKs send it, one event a request; but for the first of a session, which holds those of its start
//! as an array.

use std::fmt::Write;

use crate::Turn;

pub(crate) fn write(out: &mut Vec<u8>, turn: &Turn) -> usize {
    let asset = turn.asset();
    let metadata = format!(r#"{{"live":false,"contentId":"bench-{asset}","deviceType":"desktop"}}"#);
    let bitrate = r#"{"bitrate":4800,"width":1920,"height":1080}"#;
    let mut text = String::with_capacity(1000);
    if turn.step > 0 {
        let (name, payload) = match turn.step % 20 {
            7 => ("buffering", "{}"),
            8 => ("buffered", "{}"),
            14 => ("bitrate_changed", bitrate),
            _ => ("heartbeat", "{}"),
        };
        event(&mut text, turn, turn.to, name, payload);
        out.extend_from_slice(text.as_bytes());
        return 1;
    }
    let first = [
        ("init", "{}"),
        ("metadata", metadata.as_str()),
        ("loading", "{}"),
        ("loaded", "{}"),
        ("playing", "{}"),
        ("bitrate_changed", bitrate),
    ];
    for (index, (name, payload)) in first.iter().enumerate() {
        text.push(if index == 0 { '[' } else { ',' });
        event(&mut text, turn, turn.at(index), name, payload);
    }
    text.push(']');
    out.extend_from_slice(text.as_bytes());
    first.len()
}

fn event(text: &mut String, turn: &Turn, at: u64, name: &str, payload: &str) {
    let (session, played) = (turn.session_id(), (at - turn.began) as f64 / 1000.0);
    // Writing to a string does not fail.
    let _ = write!(
        text,
        r#"{{"event":"{name}","sessionId":"{session}","timestamp":{at},"playhead":{played},"duration":7200,"payload":{payload}}}"#
    );
}
