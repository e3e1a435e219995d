//! What viewers send: bodies of about 4 KB with 13 events, written once; between two requests only digits change, in place,
//! so that making a body costs next to nothing and every event is a new one.

use std::fmt::Write;
use std::ops::Range;

use openqoe_spec::SPEC_VERSION;

/// Events in every body.
pub(crate) const EVENTS: usize = 13;
/// What one body covers of a session, ms.
pub(crate) const STEP_MS: u64 = 20_000;
/// `t` of the first event: eight digits from the first body to the last.
const FIRST_T: u64 = 10_000_000;
/// Bodies a session can send before `t` needs a ninth digit.
const STEPS: u32 = 4_400;
/// Room for a sequence number; JSON allows the spaces before it.
const SEQ_WIDTH: usize = 6;
/// Title, CDN and country together make this many label sets.
pub(crate) const LABEL_SETS: u32 = 200;
const COUNTRIES: [&str; 10] = ["DE", "FR", "US", "GB", "ES", "IT", "NL", "PL", "BR", "JP"];

/// A body with holes.
#[derive(Clone)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    session: usize,
    asset: usize,
    cdn: usize,
    country: usize,
    started: u64,
    sent: usize,
    seq: Vec<usize>,
    /// Where `t` stands, and how far into the body's time it is.
    t: Vec<(usize, u64)>,
    /// Cumulative frame counts, likewise.
    frames: Vec<(usize, u64)>,
    bitrate: Option<usize>,
}

/// The first body of a session, and all later ones.
#[derive(Clone)]
pub(crate) struct Bodies {
    opening: Template,
    steady: Template,
    label_sets: u32,
}

impl Bodies {
    /// Bodies of sessions that began at `started` (epoch ms, 13 digits) and share so many label sets.
    pub(crate) fn new(started: u64, label_sets: u32) -> Bodies {
        Bodies {
            opening: Template::new(started, &OPENING),
            steady: Template::new(started, &STEADY),
            label_sets,
        }
    }

    /// The body that session `number` sends as its `step`-th, counted from 0.
    pub(crate) fn body(&mut self, number: u32, step: u32) -> &[u8] {
        let template = if step == 0 { &mut self.opening } else { &mut self.steady };
        template.fill(number, step.min(STEPS), number % self.label_sets);
        &template.bytes
    }
}

/// An event: how far into the body's time, and its members after `t`.
type Line = (u64, &'static str);

const VIDEO: &str = r#""type":"download","kind":"video","bytes":1843200,"ttfb_ms":38,"duration_ms":412,"url":"https://edge-a.cdn.example/vod/5f0c6a0e/video/1080p/segment-000123.m4s?session=5f0c6a0e&token=eyJhbGciOiJFUzI1NiJ9.QmVuY2htYXJrIG9mIE9wZW5Rb0U.dGhlc2lnbmF0dXJl","status":200,"protocol":"h2","from_cache":false,"request_id":"0198a7c2-11""#;
const AUDIO: &str = r#""type":"download","kind":"audio","bytes":48200,"ttfb_ms":31,"duration_ms":64,"url":"https://edge-a.cdn.example/vod/5f0c6a0e/audio/128k/segment-000123.m4s?session=5f0c6a0e&token=eyJhbGciOiJFUzI1NiJ9.QmVuY2htYXJrIG9mIE9wZW5Rb0U.dGhlc2lnbmF0dXJl","status":200,"protocol":"h2","from_cache":false,"request_id":"0198a7c2-11""#;
const MANIFEST: &str = r#""type":"download","kind":"manifest","bytes":3120,"ttfb_ms":41,"duration_ms":52,"url":"https://edge-a.cdn.example/vod/5f0c6a0e/master.m3u8?session=5f0c6a0e&token=eyJhbGciOiJFUzI1NiJ9.QmVuY2htYXJrQmVuY2htYXJr","status":200,"protocol":"h2","from_cache":false,"request_id":"0198a7c2-11""#;
const HEARTBEAT: &str = r#""type":"heartbeat","buffer_ms":18240,"frames_decoded":@,"frames_dropped":12,"position_ms":1234567,"throughput_bps":8123456"#;
const RENDITION: &str =
    r#""type":"rendition","bitrate":#800000,"width":1920,"height":1080,"codecs":"avc1.640028,mp4a.40.2""#;

const OPENING: [Line; EVENTS] = [
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

const STEADY: [Line; EVENTS] = [
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

impl Template {
    fn new(started: u64, lines: &[Line]) -> Template {
        let mut text = String::new();
        let mark = |text: &mut String, hole: &str| {
            text.push_str(hole);
            text.len() - hole.len()
        };
        // Writing to a string does not fail.
        let _ = write!(text, r#"{{"spec_version":"{SPEC_VERSION}","sent_at":"#);
        let sent = mark(&mut text, "0000000000000");
        text.push_str(r#","session":{"session_id":""#);
        let session = mark(&mut text, "00000000");
        let _ = write!(text, r#"-6f0b-4a3e-9d55-2f6f0e1b7c11","started_at":{started},"attributes":{{"#);
        text.push_str(
            r#""viewer_id_hash":"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4","#,
        );
        text.push_str(r#""asset_id":"title-"#);
        let asset = mark(&mut text, "0000");
        text.push_str(r#"","content_type":"vod","is_live":false,"cdn":"edge-"#);
        let cdn = mark(&mut text, "0");
        text.push_str(r#"","isp":"Example Telecom","country":""#);
        let country = mark(&mut text, "DE");
        text.push_str(r#"","player_version":"hls.js 1.6.2","sdk_version":"0.1.0"}},"events":["#);
        let (mut seq, mut t, mut frames, mut bitrate) = (Vec::new(), Vec::new(), Vec::new(), None);
        for (index, (offset, members)) in lines.iter().enumerate() {
            text.push_str(if index == 0 { r#"{"seq":"# } else { r#",{"seq":"# });
            seq.push(mark(&mut text, &" ".repeat(SEQ_WIDTH)));
            text.push_str(r#","t":"#);
            t.push((mark(&mut text, "00000000"), *offset));
            text.push(',');
            for part in members.split_inclusive(['@', '#']) {
                text.push_str(part.trim_end_matches(['@', '#']));
                match part.chars().next_back() {
                    Some('@') => frames.push((mark(&mut text, "00000000"), *offset)),
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

    fn fill(&mut self, number: u32, step: u32, labels: u32) {
        let since = u64::from(step) * STEP_MS;
        digits(&mut self.bytes, at(self.session, 8), u64::from(number), b'0');
        digits(&mut self.bytes, at(self.asset, 4), u64::from(labels / 40), b'0');
        digits(&mut self.bytes, at(self.cdn, 1), u64::from(labels % 4), b'0');
        let country = COUNTRIES[(labels / 4 % 10) as usize];
        self.bytes[at(self.country, 2)].copy_from_slice(country.as_bytes());
        digits(&mut self.bytes, at(self.sent, 13), self.started + FIRST_T + since + 13_500, b'0');
        for (index, place) in self.seq.iter().enumerate() {
            let seq = step as usize * EVENTS + index;
            digits(&mut self.bytes, at(*place, SEQ_WIDTH), seq as u64, b' ');
        }
        for (place, offset) in &self.t {
            digits(&mut self.bytes, at(*place, 8), FIRST_T + since + offset, b'0');
        }
        for (place, offset) in &self.frames {
            // 25 frames a second.
            digits(&mut self.bytes, at(*place, 8), FIRST_T + (since + offset) / 40, b'0');
        }
        if let Some(place) = self.bitrate {
            self.bytes[place] = if step.is_multiple_of(2) { b'4' } else { b'2' };
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

#[cfg(test)]
mod tests {
    use openqoe_ingest::PROTOCOLS;

    use super::*;

    #[test]
    fn bodies_of_a_session_decode_and_are_numbered_without_a_gap() {
        let mut bodies = Bodies::new(1_700_000_000_000, LABEL_SETS);
        let mut next = 0;
        for step in 0..12 {
            let body = bodies.body(4711, step);
            assert!((3500..4500).contains(&body.len()), "{}", body.len());
            let decoded = PROTOCOLS[0].read(body).unwrap();
            assert_eq!((decoded.accepted(), decoded.rejections.len()), (EVENTS, 0));
            assert_eq!(&*decoded.batches[0].session_id, "00004711-6f0b-4a3e-9d55-2f6f0e1b7c11");
            for event in &decoded.batches[0].events {
                assert_eq!(event.seq, next);
                next += 1;
            }
        }
    }

    #[test]
    fn sessions_spread_over_the_label_sets() {
        let mut bodies = Bodies::new(1_700_000_000_000, LABEL_SETS);
        let attributes: std::collections::HashSet<String> = (0..1000)
            .map(|number| {
                let decoded = PROTOCOLS[0].read(bodies.body(number, 0)).unwrap();
                format!("{:?}", decoded.batches[0].attributes)
            })
            .collect();
        assert_eq!(attributes.len(), LABEL_SETS as usize);
    }
}
