//! One record: its keys, each judged by itself. Those that are not known, custom ones among them, are left aside (CTA-5004-B §3.2).

use openqoe_spec::{DownloadKind, Rejected};
use sfv::{Dictionary, Parser};

use super::Parsed;
use super::value::Value;

/// The last millisecond a JavaScript `Date` can hold (ECMA-262 §21.4.1.1).
const MAX_TIME: u64 = 8_640_000_000_000_000;
/// More than a session of a week has, one every ten milliseconds.
const MAX_SN: u64 = 1 << 40;
/// Nothing a player tells of takes longer than a day, ms.
const MAX_MS: u64 = 86_400_000;
/// A terabit a second, in kbit/s.
const MAX_KBPS: u64 = 1_000_000_000;

/// Longer ones say nothing.
const MAX_URL: usize = 4096;

/// What a record says, as far as anything is made of it. Times are ms, bitrates kbit/s.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) v: Option<u64>,
    pub(super) sid: Option<Box<str>>,
    pub(super) cid: Option<Box<str>>,
    pub(super) cdn: Option<Box<str>>,
    pub(super) sn: Option<u64>,
    /// Epoch ms.
    pub(super) ts: Option<u64>,
    pub(super) e: Option<Box<str>>,
    pub(super) sta: Option<Box<str>>,
    pub(super) st: Option<Box<str>>,
    pub(super) ot: Option<Box<str>>,
    /// What the name of the file that was asked for says it is. Nothing else is kept of `url`.
    pub(super) named: Option<DownloadKind>,
    pub(super) bg: bool,
    /// Of what is asked for, all together.
    pub(super) br: Option<u64>,
    /// Of what is on the screen, all together.
    pub(super) pb: Option<u64>,
    pub(super) bl: Option<u64>,
    pub(super) ltc: Option<u64>,
    pub(super) dfa: Option<u64>,
    pub(super) pr: Option<f64>,
    pub(super) ec: Option<Box<str>>,
    pub(super) cen: Option<Box<str>>,
    pub(super) rc: Option<u64>,
    pub(super) ttfb: Option<u64>,
    pub(super) ttlb: Option<u64>,
}

impl Record {
    /// Reads a structured field dictionary.
    pub(super) fn parse(text: &str) -> Parsed {
        let dictionary: Dictionary = Parser::new(text).parse().map_err(|error| {
            (None, Rejected::MalformedEvent, format!("not a dictionary (RFC 8941): {error}"))
        })?;
        let mut record = Record::default();
        for (key, value) in &dictionary {
            record.set(key.as_str(), &Value::Field(value));
        }
        Ok(record)
    }

    /// Takes in one key. The types and lengths are those of CTA-5004-B §3.3; v1 has single numbers where v2 has lists.
    pub(super) fn set(&mut self, key: &str, value: &Value<'_>) {
        let up_to = |most: u64| value.number().filter(|number| *number <= most);
        let total = || value.total().filter(|kbps| *kbps <= MAX_KBPS);
        match key {
            "v" => self.v = value.number(),
            "sid" => self.sid = value.text(64),
            "cid" => self.cid = value.text(128),
            "cdn" => self.cdn = value.text(128),
            "sn" => self.sn = up_to(MAX_SN),
            "ts" => self.ts = up_to(MAX_TIME),
            "e" => self.e = value.text(8),
            "sta" => self.sta = value.text(8),
            "st" => self.st = value.text(8),
            "ot" => self.ot = value.text(8),
            "url" => self.named = value.text(MAX_URL).and_then(|url| kind_of(&url)),
            "bg" => self.bg = value.flag().unwrap_or_default(),
            "br" => self.br = total(),
            "ab" if self.br.is_none() => self.br = total(),
            "pb" => self.pb = total(),
            "bl" => self.bl = value.least().filter(|ms| *ms <= MAX_MS),
            "ltc" => self.ltc = up_to(MAX_MS),
            "dfa" => self.dfa = value.number(),
            "pr" => self.pr = value.decimal(),
            "ec" => self.ec = value.first_text(64),
            "cen" => self.cen = value.text(64),
            "rc" => self.rc = up_to(999),
            "ttfb" => self.ttfb = up_to(MAX_MS),
            "ttlb" => self.ttlb = up_to(MAX_MS),
            _ => {}
        }
    }
}

/// By the extension of the file, where it tells.
fn kind_of(url: &str) -> Option<DownloadKind> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let (_, extension) = path.rsplit_once('/').unwrap_or(("", path)).1.rsplit_once('.')?;
    match extension {
        "m3u8" | "mpd" => Some(DownloadKind::Manifest),
        "m4v" => Some(DownloadKind::Video),
        "m4a" | "aac" => Some(DownloadKind::Audio),
        "vtt" | "ttml" | "srt" => Some(DownloadKind::Text),
        _ => None,
    }
}
