//! The log of a CDN whose players send CMCD in the query (CTA-5004-B §4): JSON lines of nginx, by the `log_format` of
//! docs/guide/cdn-logs.md. Lines of one session stand together here; in a real log they are mixed.

use std::fmt::Write;

use crate::{ITEMS, Turn};

/// How long a request takes, ms.
const TOOK: u64 = 412;

pub(crate) fn write(out: &mut Vec<u8>, turn: &Turn) -> usize {
    let mut text = String::with_capacity(6000);
    let (sid, asset) = (turn.session_id(), turn.asset());
    // A request begins when the one before is over, also where turns are short.
    let took = TOOK.min((turn.to - turn.from) / ITEMS as u64);
    for line in 0..ITEMS {
        let ended = turn.at(line) + took;
        let sn = turn.step as usize * ITEMS + line;
        let (kind, file, bytes) = match line % 4 {
            _ if sn == 0 => ("m", "master.m3u8", 3120),
            3 => ("a", "audio/128k/segment-000123.m4s", 48_200),
            _ => ("v", "video/1080p/segment-000123.m4s", 1_843_200),
        };
        let state = if sn == 0 { "s" } else { "p" };
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            r#"{{"msec":"{}.{:03}","status":"200","bytes":"{bytes}","request_time":"0.{took:03}","header_time":"0.{:03}","uri":"/vod/5f0c6a0e/{file}","args":"CMCD=bl%3D%2818200%29%2Cbr%3D%284800%29%2Ccid%3D%22bench-{asset}%22%2Cot%3D{kind}%2Csf%3Dh%2Csid%3D%22{sid}%22%2Csn%3D{sn}%2Cst%3Dv%2Csta%3D{state}%2Cv%3D2","user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36","cmcd_request":"","cmcd_object":"","cmcd_status":"","cmcd_session":"","cmsd_static":"","cmsd_dynamic":"rtt=18,etp=42000","pop":"fra1","cdn":"edge-{}"}}"#,
            ended / 1000,
            ended % 1000,
            took / 10,
            asset % 4,
        );
    }
    out.extend_from_slice(text.as_bytes());
    ITEMS
}
