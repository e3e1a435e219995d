//! Playbacks of Media3 that say more than they should, for the search of [`crate::privacy_grep`].

use serde_json::{Value, json};

use crate::harness::{Gateway, request};

/// Plants what Media3 knows of a viewer and the gateway does not ask for; of `kept` only the asset is to be found.
pub(crate) fn plant(gateway: &Gateway, kept: &str) {
    let good = playback(kept);
    let mut bad = playback(kept);
    bad["playbackStateHistory"][0]["playbackState"] = json!("PIIMARK");
    let body = format!("{good}\n{bad}\n{{\"session_id\":\"PIIMARK");
    let headers = [
        ("content-type", "application/x-ndjson"),
        ("user-agent", "Dalvik/2.1.0 (Linux; Android 14; PIIMARK)"),
    ];
    let answer = request(&gateway.public, "POST", "/media3?secret=PIIMARK", &headers, body.as_bytes());
    assert_eq!((answer.status, answer.json()["rejected"].as_array().map(Vec::len)), (200, Some(2)));
}

fn playback(kept: &str) -> Value {
    let at = |ms: u64| json!({ "realtimeMs": ms, "timeline": "https://cdn.example/v.mpd?sig=PIIMARK" });
    let exception = json!({ "errorCodeName": "ERROR_CODE_IO_BAD_HTTP_STATUS", "message": "https://cdn.example/?user=PIIMARK",
        "stackTrace": ["PIIMARK"], "cause": { "dataSpec": "PIIMARK" } });
    json!({
        "session_id": "playback", "anchor": { "realtimeMs": 9000, "epochMs": 1_700_000_000_000_u64, "zone": "PIIMARK" },
        "account": "PIIMARK",
        "attributes": { "asset_id": kept, "viewer_id_hash": "viewer-PIIMARK", "device_name": "alice's PIIMARK" },
        "playbackStateHistory": [
            { "eventTime": at(1000), "playbackState": 2 },
            { "eventTime": at(2000), "playbackState": 13 },
            { "eventTime": at(3000), "playbackState": 15 },
        ],
        "videoFormatHistory": [{ "eventTime": at(1500), "format": { "bitrate": 1000, "label": "PIIMARK", "id": "PIIMARK" } }],
        "fatalErrorHistory": [{ "eventTime": at(2000), "exception": exception }],
        "nonFatalErrorHistory": [{ "eventTime": at(1800), "exception": exception }],
        "ads": [{ "playbackStateHistory": [], "adTag": "https://ads.example/?ifa=PIIMARK" }],
    })
}
