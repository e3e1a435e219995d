//! Some thousand sessions, column by column. Each attribute's values are numbered within the chunk, so that what is forgotten
//! takes its values along, and no value of one chunk costs anything in another.

use std::collections::HashMap;

use openqoe_engine::Summary;
use openqoe_spec::{ATTRIBUTES, Attribute, Attributes, Class, Failure};

use super::badness::badness;
use super::session_key::{key, text, viewer};

/// Sessions of a chunk; their positions fit into 16 bits.
pub(super) const ROWS: usize = 16_384;
/// Bytes that all values of a chunk may take: 64 for each session. Beyond, values are [`OVERFLOW`].
const TEXT: usize = 64 * ROWS;
/// What stands for values that found no room.
pub(crate) const OVERFLOW: &str = openqoe_metrics::OVERFLOW;

/// Times (ms) and counts of a view.
#[derive(Clone, Copy)]
pub(super) enum Wide {
    /// [`NO_TIME`] where there is none.
    Startup,
    Playing,
    Stalled,
    Media,
    FramesDecoded,
    FramesDropped,
    Downloads,
    Downloading,
}

/// Small counts of a view.
#[derive(Clone, Copy)]
pub(super) enum Narrow {
    Rebuffers,
    Switches,
    Errors,
    DownloadsFailed,
    AdImpressions,
    AdsFailed,
}

/// Bytes of a view.
#[derive(Clone, Copy)]
pub(super) enum Bytes {
    Played,
    Downloaded,
}

/// What is so or not, as bits.
pub(super) mod flag {
    pub(crate) const IS_UUID: u8 = 1;
    pub(crate) const ATTEMPTED: u8 = 1 << 1;
    pub(crate) const STARTED: u8 = 1 << 2;
    pub(crate) const STARTUP_FAILED: u8 = 1 << 3;
    pub(crate) const STARTUP_FAILED_TECHNICALLY: u8 = 1 << 4;
    pub(crate) const FAILED_TECHNICALLY: u8 = 1 << 5;
    pub(crate) const EXITED: u8 = 1 << 6;
    /// Another row has taken its place.
    pub(crate) const GONE: u8 = 1 << 7;
}

/// No startup time.
pub(super) const NO_TIME: u32 = u32::MAX;

/// A session to be added.
pub(crate) struct Fact<'a> {
    pub(crate) session_id: &'a str,
    pub(crate) heard_at: u64,
    pub(crate) attributes: &'a Attributes,
    pub(crate) summary: &'a Summary,
}

#[derive(Clone)]
pub(crate) struct Chunk {
    pub(super) keys: Vec<u128>,
    /// Ids that are no UUIDs, by position.
    names: HashMap<u16, Box<str>>,
    /// Epoch ms.
    pub(super) heard_at: Vec<u64>,
    pub(super) viewers: Vec<u64>,
    pub(super) flags: Vec<u8>,
    /// In tenths.
    pub(super) badness: Vec<u16>,
    wide: [Vec<u32>; 8],
    narrow: [Vec<u16>; 6],
    bytes: [Vec<u64>; 2],
    /// By attribute; those that are never labels have none.
    codes: [Vec<u16>; ATTRIBUTES.len()],
    dictionaries: [Dictionary; ATTRIBUTES.len()],
    /// Bytes of all values.
    text: usize,
    pub(super) oldest: u64,
    pub(super) newest: u64,
}

#[derive(Clone, Default)]
struct Dictionary {
    values: Vec<Box<str>>,
    codes: HashMap<Box<str>, u16>,
}

impl Chunk {
    pub(super) fn new() -> Chunk {
        Chunk {
            keys: Vec::new(),
            names: HashMap::new(),
            heard_at: Vec::new(),
            viewers: Vec::new(),
            flags: Vec::new(),
            badness: Vec::new(),
            wide: Default::default(),
            narrow: Default::default(),
            bytes: Default::default(),
            codes: Default::default(),
            dictionaries: Default::default(),
            text: 0,
            oldest: u64::MAX,
            newest: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() >= ROWS
    }

    /// Adds a session to a chunk that is not full; returns its position.
    pub(super) fn push(&mut self, fact: &Fact<'_>) -> u16 {
        let row = u16::try_from(self.len()).unwrap_or(u16::MAX);
        let (key, is_uuid) = key(fact.session_id);
        if !is_uuid {
            self.names.insert(row, fact.session_id.into());
        }
        let summary = fact.summary;
        self.keys.push(key);
        self.heard_at.push(fact.heard_at);
        self.viewers.push(viewer(fact.attributes.get(Attribute::ViewerIdHash)));
        self.flags.push(flags(summary) | if is_uuid { flag::IS_UUID } else { 0 });
        self.badness.push((badness(summary).score * 10.0).round() as u16);
        for (column, value) in self.wide.iter_mut().zip(wide(summary)) {
            column.push(value);
        }
        for (column, value) in self.narrow.iter_mut().zip(narrow(summary)) {
            column.push(value);
        }
        self.bytes[0].push(summary.played_bytes);
        self.bytes[1].push(summary.downloaded_bytes);
        for attribute in dimensions() {
            let code = self.code(attribute, fact.attributes.get(attribute));
            self.codes[attribute.index()].push(code);
        }
        self.oldest = self.oldest.min(fact.heard_at);
        self.newest = self.newest.max(fact.heard_at);
        row
    }

    fn code(&mut self, attribute: Attribute, value: &str) -> u16 {
        let dictionary = &mut self.dictionaries[attribute.index()];
        if let Some(code) = dictionary.codes.get(value) {
            return *code;
        }
        let fits = self.text + value.len() <= TEXT;
        let value = if fits { value } else { OVERFLOW };
        if !fits && let Some(code) = dictionary.codes.get(value) {
            return *code;
        }
        self.text += value.len();
        // A chunk has no more values than sessions, and one for those without room.
        let code = u16::try_from(dictionary.values.len()).unwrap_or(u16::MAX);
        dictionary.values.push(value.into());
        dictionary.codes.insert(value.into(), code);
        code
    }

    /// Nothing more comes: what was only of use for adding goes.
    pub(super) fn seal(&mut self) {
        self.dictionaries.iter_mut().for_each(|dictionary| dictionary.codes = HashMap::new());
        for attribute in dimensions() {
            self.codes[attribute.index()].shrink_to_fit();
        }
    }

    /// The id of the session at a position.
    pub(crate) fn id(&self, row: u16) -> String {
        let at = usize::from(row);
        match self.names.get(&row) {
            Some(name) => name.to_string(),
            None => text(self.keys[at]),
        }
    }

    /// Whether the session at a position has an id that begins so; `name` is asked of ids that are no UUIDs.
    pub(super) fn name(&self, row: u16) -> Option<&str> {
        self.names.get(&row).map(|name| &**name)
    }

    pub(super) fn wide(&self, column: Wide) -> &[u32] {
        &self.wide[column as usize]
    }

    pub(super) fn narrow(&self, column: Narrow) -> &[u16] {
        &self.narrow[column as usize]
    }

    pub(super) fn bytes(&self, column: Bytes) -> &[u64] {
        &self.bytes[column as usize]
    }

    /// The values of an attribute, and the position of each session's among them.
    pub(super) fn values(&self, attribute: Attribute) -> (&[Box<str>], &[u16]) {
        (&self.dictionaries[attribute.index()].values, &self.codes[attribute.index()])
    }

    /// Bytes it takes, of its columns and values.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        let columns = self.keys.capacity() * 16 + (self.heard_at.capacity() + self.viewers.capacity()) * 8;
        let small = self.flags.capacity() + 2 * self.badness.capacity();
        let wide: usize = self.wide.iter().map(|column| 4 * column.capacity()).sum();
        let narrow: usize = self.narrow.iter().chain(&self.codes).map(|column| 2 * column.capacity()).sum();
        let bytes: usize = self.bytes.iter().map(|column| 8 * column.capacity()).sum();
        columns + small + wide + narrow + bytes + self.text
    }
}

/// Attributes that sessions are broken down by.
pub(super) fn dimensions() -> impl Iterator<Item = Attribute> {
    let all = Attribute::ALL.iter().copied().zip(&ATTRIBUTES);
    all.filter(|(_, def)| def.class != Class::TraceOnly).map(|(attribute, _)| attribute)
}

fn flags(summary: &Summary) -> u8 {
    let technical = Some(Failure::Technical);
    let bits = [
        (flag::ATTEMPTED, summary.is_attempted),
        (flag::STARTED, summary.is_started),
        (flag::STARTUP_FAILED, summary.startup_failure.is_some()),
        (flag::STARTUP_FAILED_TECHNICALLY, summary.startup_failure == technical),
        (flag::FAILED_TECHNICALLY, summary.playback_failure == technical),
        (flag::EXITED, summary.is_exit_before_start),
    ];
    bits.into_iter().filter(|(_, is_so)| *is_so).fold(0, |bits, (bit, _)| bits | bit)
}

/// In the order of [`Wide`].
fn wide(summary: &Summary) -> [u32; 8] {
    [
        summary.startup.unwrap_or(NO_TIME),
        summary.playing,
        summary.stalled,
        summary.media,
        summary.frames_decoded,
        summary.frames_dropped,
        summary.downloads,
        summary.downloading,
    ]
}

/// In the order of [`Narrow`].
fn narrow(summary: &Summary) -> [u16; 6] {
    [
        summary.rebuffers,
        summary.switches_up.saturating_add(summary.switches_down),
        summary.errors,
        summary.downloads_failed,
        summary.ad_impressions,
        summary.ads_failed,
    ]
}
