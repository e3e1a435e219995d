//! The native protocol: bodies of about 4 KB with 13 events of one session, as the SDK sends them and with members the gateway does not
//! know. They are written once, with holes; making one is a copy and some digits, so that every event is a new one and costs next to
//! nothing.

use std::fmt::Write;
use std::ops::Range;
use std::sync::LazyLock;

use openqoe_spec::SPEC_VERSION;

use crate::{ITEMS, Turn};

/// What the lines below cover, ms; a turn's time is stretched over them.
const SPAN: u64 = 20_000;
/// Room for a time in the session and for frames, 27 hours; JSON allows the spaces before a number.
const T_WIDTH: usize = 8;
/// Room for a sequence number.
const SEQ_WIDTH: usize = 6;
const COUNTRIES: [&str; 10] = ["DE", "FR", "US", "GB", "ES", "IT", "NL", "PL", "BR", "JP"];

/// An event: how far into the body's time, and its members after `t`.
type Line = (u64, &'static str);

const VIDEO: &str = r#""type":"download","kind":"video","bytes":1843200,"ttfb_ms":38,"duration_ms":412,"url":"https://edge-a.cdn.example/vod/5f0c6a0e/video/1080p/segment-000123.m4s?session=5f0c6a0e&token=eyJhbGciOiJFUzI1NiJ9.QmVuY2htYXJrIG9mIE9wZW5Rb0U.dGhlc2lnbmF0dXJl","status":200,"protocol":"h2","from_cache":false,"request_id":"0198a7c2-11""#;
const AUDIO: &str = r#""type":"download","kind":"audio","bytes":48200,"ttfb_ms":31,"duration_ms":64,"url":"https://edge-a.cdn.example/vod/5f0c6a0e/audio/128k/segment-000123.m4s?session=5f0c6a0e&token=eyJhbGciOiJFUzI1NiJ9.QmVuY2htYXJrIG9mIE9wZW5Rb0U.dGhlc2lnbmF0dXJl","status":200,"protocol":"h2","from_cache":false,"request_id":"0198a7c2-11""#;
const MANIFEST: &str = r#""type":"download","kind":"manifest","bytes":3120,"ttfb_ms":41,"duration_ms":52,"url":"https://edge-a.cdn.example/vod/5f0c6a0e/master.m3u8?session=5f0c6a0e&token=eyJhbGciOiJFUzI1NiJ9.QmVuY2htYXJrQmVuY2htYXJr","status":200,"protocol":"h2","from_cache":false,"request_id":"0198a7c2-11""#;
const HEARTBEAT: &str = r#""type":"heartbeat","buffer_ms":18240,"frames_decoded":@,"frames_dropped":12,"position_ms":1234567,"throughput_bps":8123456"#;
const RENDITION: &str =
    r#""type":"rendition","bitrate":#800000,"width":1920,"height":1080,"codecs":"avc1.640028,mp4a.40.2""#;

const OPENING: [Line; ITEMS] = [
    (0, r#""type":"session_start""#),
    (10, r#""type":"play_request","trigger":"user""#),
    (120, MANIFEST),
    (180, MANIFEST),
    (650, VIDEO),
    (700, AUDIO),
    (820, r#""type":"playing""#),
    (821, RENDITION),
    (4_200, VIDEO),
    (4_300, AUDIO),
    (10_000, HEARTBEAT),
    (12_000, VIDEO),
    (12_100, AUDIO),
];

const STEADY: [Line; ITEMS] = [
    (0, HEARTBEAT),
    (1_200, VIDEO),
    (1_300, AUDIO),
    (1_900, RENDITION),
    (5_200, VIDEO),
    (5_300, AUDIO),
    (6_400, r#""type":"stall""#),
    (7_100, r#""type":"playing""#),
    (9_200, VIDEO),
    (9_300, AUDIO),
    (10_000, HEARTBEAT),
    (13_200, VIDEO),
    (13_300, AUDIO),
];

/// The first body of a session, and all later ones.
static TEMPLATES: LazyLock<[Template; 2]> =
    LazyLock::new(|| [OPENING, STEADY].map(|lines| Template::new(&lines)));

pub(crate) fn write(out: &mut Vec<u8>, turn: &Turn) -> usize {
    let start = out.len();
    let template = &TEMPLATES[usize::from(turn.step > 0)];
    out.extend_from_slice(&template.bytes);
    template.fill(&mut out[start..], turn);
    ITEMS
}

/// A body with holes.
struct Template {
    bytes: Vec<u8>,
    session: usize,
    asset: usize,
    cdn: usize,
    country: usize,
    started: usize,
    sent: usize,
    seq: Vec<usize>,
    /// Where `t` stands, and how far into the body's time it is.
    t: Vec<(usize, u64)>,
    /// Cumulative frame counts, likewise.
    frames: Vec<(usize, u64)>,
    bitrate: Option<usize>,
}

impl Template {
    fn new(lines: &[Line]) -> Template {
        let mut text = String::new();
        let mark = |text: &mut String, hole: &str| {
            text.push_str(hole);
            text.len() - hole.len()
        };
        // Writing to a string does not fail.
        let _ = write!(text, r#"{{"spec_version":"{SPEC_VERSION}","sent_at":"#);
        let sent = mark(&mut text, "0000000000000");
        text.push_str(r#","session":{"session_id":""#);
        let session = mark(&mut text, &" ".repeat(36));
        text.push_str(r#"","started_at":"#);
        let started = mark(&mut text, "0000000000000");
        text.push_str(
            r#","attributes":{"viewer_id_hash":"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4","#,
        );
        text.push_str(r#""asset_id":"bench-"#);
        let asset = mark(&mut text, "0000");
        text.push_str(r#"","content_type":"bench","is_live":false,"cdn":"edge-"#);
        let cdn = mark(&mut text, "0");
        text.push_str(r#"","isp":"Example Telecom","country":""#);
        let country = mark(&mut text, "DE");
        text.push_str(r#"","player_version":"hls.js 1.6.2","sdk_version":"0.1.0"}},"events":["#);
        let (mut seq, mut t, mut frames, mut bitrate) = (Vec::new(), Vec::new(), Vec::new(), None);
        for (index, (offset, members)) in lines.iter().enumerate() {
            text.push_str(if index == 0 { r#"{"seq":"# } else { r#",{"seq":"# });
            seq.push(mark(&mut text, &" ".repeat(SEQ_WIDTH)));
            text.push_str(r#","t":"#);
            t.push((mark(&mut text, &" ".repeat(T_WIDTH)), *offset));
            text.push(',');
            for part in members.split_inclusive(['@', '#']) {
                text.push_str(part.trim_end_matches(['@', '#']));
                match part.chars().next_back() {
                    Some('@') => frames.push((mark(&mut text, &" ".repeat(T_WIDTH)), *offset)),
                    Some('#') => bitrate = Some(mark(&mut text, "4")),
                    _ => {}
                }
            }
            text.push('}');
        }
        text.push_str("]}");
        let bytes = text.into_bytes();
        Template { bytes, session, asset, cdn, country, started, sent, seq, t, frames, bitrate }
    }

    fn fill(&self, bytes: &mut [u8], turn: &Turn) {
        let labels = turn.asset();
        bytes[at(self.session, 36)].copy_from_slice(turn.session_id().as_bytes());
        digits(bytes, at(self.asset, 4), u64::from(labels / 40), b'0');
        digits(bytes, at(self.cdn, 1), u64::from(labels % 4), b'0');
        let country = COUNTRIES[(labels / 4 % 10) as usize];
        bytes[at(self.country, 2)].copy_from_slice(country.as_bytes());
        digits(bytes, at(self.started, 13), turn.began, b'0');
        digits(bytes, at(self.sent, 13), turn.to, b'0');
        for (index, place) in self.seq.iter().enumerate() {
            let seq = turn.step as usize * ITEMS + index;
            digits(bytes, at(*place, SEQ_WIDTH), seq as u64, b' ');
        }
        let time = |offset: u64| turn.from - turn.began + offset * (turn.to - turn.from) / SPAN;
        for (place, offset) in &self.t {
            digits(bytes, at(*place, T_WIDTH), time(*offset), b' ');
        }
        for (place, offset) in &self.frames {
            // 25 frames a second.
            digits(bytes, at(*place, T_WIDTH), time(*offset) / 40, b' ');
        }
        if let Some(place) = self.bitrate {
            bytes[place] = if turn.step.is_multiple_of(2) { b'4' } else { b'2' };
        }
    }
}

fn at(start: usize, width: usize) -> Range<usize> {
    start..start + width
}

/// Writes a number into its hole, right-aligned.
fn digits(bytes: &mut [u8], hole: Range<usize>, mut number: u64, fill: u8) {
    let hole = &mut bytes[hole];
    for (index, byte) in hole.iter_mut().rev().enumerate() {
        *byte = if number == 0 && index > 0 { fill } else { b'0' + (number % 10) as u8 };
        number /= 10;
    }
}
