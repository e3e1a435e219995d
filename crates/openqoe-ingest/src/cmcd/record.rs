//! One record: its keys, each judged by itself. Those that are not known, custom ones among them, are left aside (CTA-5004-B §3.2).

use openqoe_spec::{DownloadKind, Rejected};
use sfv::{Dictionary, Parser};

use super::Parsed;
use super::value::Value;

/// The last millisecond a JavaScript `Date` can hold (ECMA-262 §21.4.1.1).
pub(crate) const MAX_TIME: u64 = 8_640_000_000_000_000;
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
pub(crate) struct Record {
    pub(crate) v: Option<u64>,
    pub(crate) sid: Option<Box<str>>,
    pub(crate) cid: Option<Box<str>>,
    pub(crate) cdn: Option<Box<str>>,
    pub(crate) sn: Option<u64>,
    /// Epoch ms.
    pub(crate) ts: Option<u64>,
    pub(crate) e: Option<Box<str>>,
    pub(crate) sta: Option<Box<str>>,
    pub(crate) st: Option<Box<str>>,
    pub(crate) ot: Option<Box<str>>,
    /// What the name of the file that was asked for says it is. Nothing else is kept of `url`.
    pub(crate) named: Option<DownloadKind>,
    pub(crate) bg: bool,
    /// Of what is asked for, all together.
    pub(crate) br: Option<u64>,
    /// Of what is on the screen, all together.
    pub(crate) pb: Option<u64>,
    pub(crate) bl: Option<u64>,
    /// What `bl` says of the picture, and whether it tells picture and sound apart.
    pub(crate) picture: Option<(u64, bool)>,
    pub(crate) ltc: Option<u64>,
    pub(crate) dfa: Option<u64>,
    pub(crate) pr: Option<f64>,
    /// Starved since the player asked before.
    pub(crate) bs: bool,
    /// How long stalls took that are over, all together.
    pub(crate) bsd: Option<u64>,
    /// From starting to playing.
    pub(crate) msd: Option<u64>,
    pub(crate) ec: Option<Box<str>>,
    pub(crate) cen: Option<Box<str>>,
    pub(crate) rc: Option<u64>,
    pub(crate) ttfb: Option<u64>,
    pub(crate) ttlb: Option<u64>,
}

impl Record {
    /// Reads a structured field dictionary.
    pub(crate) fn parse(text: &str) -> Parsed {
        let dictionary: Dictionary = Parser::new(text).parse().map_err(|error| {
            (None, Rejected::MalformedEvent, format!("not a dictionary (RFC 8941): {error}"))
        })?;
        let mut record = Record::default();
        for (key, value) in &dictionary {
            record.set(key.as_str(), &Value::Field(value));
        }
        Ok(record)
    }

    /// Whether the content is live (§3.3 `st`), as an attribute says it.
    pub(crate) fn is_live(&self) -> Option<&'static str> {
        match self.st.as_deref()? {
            "v" => Some("false"),
            "l" | "ll" => Some("true"),
            _ => None,
        }
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
            "bl" => {
                self.bl = value.least().filter(|ms| *ms <= MAX_MS);
                self.picture = value.of_picture().filter(|(ms, _)| *ms <= MAX_MS);
            }
            "ltc" => self.ltc = up_to(MAX_MS),
            "dfa" => self.dfa = value.number(),
            "pr" => self.pr = value.decimal(),
            "bs" => self.bs = value.flag().unwrap_or_default(),
            "bsd" => self.bsd = value.sum().filter(|ms| *ms <= MAX_MS),
            "msd" => self.msd = up_to(MAX_MS),
            "ec" => self.ec = value.first_text(64),
            "cen" => self.cen = value.text(64),
            "rc" => self.rc = up_to(999),
            "ttfb" => self.ttfb = up_to(MAX_MS),
            "ttlb" => self.ttlb = up_to(MAX_MS),
            _ => {}
        }
    }
}

/// By the extension of the file, or by the word nearest to its end that tells: packagers name folders and files after what is in
/// them.
pub(crate) fn kind_of(url: &str) -> Option<DownloadKind> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').unwrap_or_default().1);
    let file = path.rsplit_once('/').map_or(path, |(_, file)| file);
    match file.rsplit_once('.').unwrap_or_default().1 {
        "m3u8" | "mpd" => return Some(DownloadKind::Manifest),
        "m4v" => return Some(DownloadKind::Video),
        "m4a" | "aac" => return Some(DownloadKind::Audio),
        "vtt" | "ttml" | "srt" => return Some(DownloadKind::Text),
        _ => {}
    }
    if words(file).any(|word| word == "init") {
        return Some(DownloadKind::Init);
    }
    words(path).filter_map(named).last()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphabetic())
}

fn named(word: &str) -> Option<DownloadKind> {
    match word {
        "video" => Some(DownloadKind::Video),
        "audio" => Some(DownloadKind::Audio),
        "subtitle" | "subtitles" | "caption" | "captions" => Some(DownloadKind::Text),
        _ => None,
    }
}
