//! What manifests of either kind come to: renditions, and segments that can be asked for.

/// The most renditions of a track that are looked at.
pub(crate) const MAX_RENDITIONS: usize = 64;
/// The most segments of a listing that are kept: more than half a day of two seconds each.
pub(crate) const MAX_SEGMENTS: usize = 25_000;

/// Bytes of a file, both ends included, as RFC 9110 §14.1.2 counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte.
    pub first: u64,
    /// The last byte.
    pub last: u64,
}

impl ByteRange {
    /// So many bytes from an offset on; none of no bytes.
    pub(crate) fn of(offset: u64, length: u64) -> Option<ByteRange> {
        Some(ByteRange { first: offset, last: offset.checked_add(length.checked_sub(1)?)? })
    }

    /// `100-199`, as an MPD writes it (ISO/IEC 23009-1, 5.3.9.2.2).
    pub(crate) fn parse(text: &str) -> Option<ByteRange> {
        let (first, last) = text.trim().split_once('-')?;
        let range = ByteRange { first: first.parse().ok()?, last: last.parse().ok()? };
        (range.first <= range.last).then_some(range)
    }

    /// How many.
    pub fn length(self) -> u64 {
        (self.last - self.first).saturating_add(1)
    }
}

/// Something to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Absolute.
    pub url: String,
    /// A part of it; all of it otherwise.
    pub range: Option<ByteRange>,
}

impl Resource {
    pub(crate) fn whole(url: String) -> Resource {
        Resource { url, range: None }
    }
}

/// A stretch of media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its media sequence number (HLS), or its number or index in the period (DASH).
    pub number: u64,
    /// Where it begins on the timeline of the presentation, ms.
    pub start_ms: i64,
    /// How long it lasts, at least 1 ms.
    pub duration_ms: u64,
    /// The media.
    pub media: Resource,
    /// What a decoder has to have first.
    pub init: Option<Resource>,
    /// Where the key of AES-128 is.
    pub key: Option<String>,
    /// When its first frame was captured, epoch ms.
    pub captured_at: Option<i64>,
    /// When it can be asked for at the earliest, epoch ms of the server's clock.
    pub available_at: Option<i64>,
}

impl Segment {
    /// Where the next one begins.
    pub(crate) fn end_ms(&self) -> i64 {
        self.start_ms.saturating_add_unsigned(self.duration_ms)
    }
}

/// The first segment that begins at a place on the timeline or later. One that begins a little earlier is meant too: renditions are
/// aligned to a frame or so, not to the millisecond.
pub(crate) fn first_from(segments: &[Segment], at_ms: i64) -> Option<&Segment> {
    segments.iter().find(|segment| {
        let slack = i64::try_from(segment.duration_ms / 2).unwrap_or(i64::MAX);
        segment.start_ms.saturating_add(slack) >= at_ms
    })
}
