//! Media3: a finished playback as `PlaybackStats` has it (docs/guide/media3.md), one a body. Each is a session of its own, so that a session
//! here is a device that plays one thing after the other.

use std::fmt::Write;

use crate::Turn;

/// What the device's clock said when it began, ms since boot.
const BOOTED: u64 = 1_000_000;

pub(crate) fn write(out: &mut Vec<u8>, turn: &Turn) -> usize {
    let (device, asset, step) = (turn.session_id(), turn.asset(), turn.step);
    let realtime = |at: u64| BOOTED + at - turn.began;
    let mut states = String::new();
    // Joining, playing, buffering, playing, ended: as the callback's history tells it.
    for (index, (place, state)) in [(0, 2), (1, 3), (6, 6), (7, 3), (12, 11)].iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let at = realtime(turn.at(*place));
        // Writing to a string does not fail.
        let _ = write!(states, r#"{comma}{{"eventTime":{{"realtimeMs":{at}}},"playbackState":{state}}}"#);
    }
    let (began, format, ended) = (realtime(turn.from), realtime(turn.at(1)), realtime(turn.to));
    let text = format!(
        r#"{{"session_id":"{device}-{step}","anchor":{{"realtimeMs":{ended},"epochMs":{}}},"attributes":{{"asset_id":"bench-{asset}","is_live":false,"content_type":"bench","player_version":"media3 1.8.0","device_type":"mobile"}},"eventTime":{{"realtimeMs":{began}}},"playbackStateHistory":[{states}],"videoFormatHistory":[{{"eventTime":{{"realtimeMs":{format}}},"format":{{"bitrate":3000000}}}}],"audioFormatHistory":[{{"eventTime":{{"realtimeMs":{format}}},"format":{{"bitrate":128000}}}}],"mediaTimeHistory":[],"nonFatalErrorHistory":[],"fatalErrorHistory":[],"totalDroppedFrames":4}}"#,
        turn.to
    );
    out.extend_from_slice(text.as_bytes());
    1
}
