//! What the player asks for and what it can be told of it.

use openqoe_spec::DownloadKind;

use crate::dash::Index;
use crate::media::{ByteRange, Resource, Segment};

/// Something to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Absolute.
    pub url: String,
    /// A part of it, to be asked for with `Range`.
    pub range: Option<ByteRange>,
    /// What it is.
    pub kind: DownloadKind,
    /// Whether the body is wanted, not only its length.
    pub is_read: bool,
    /// Bytes beyond which it is no use.
    pub max_bytes: u64,
}

/// What came, whole.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Where it came from in the end: references in it count from there.
    pub url: String,
    /// Empty unless it was wanted.
    pub body: Vec<u8>,
    /// Its length.
    pub bytes: u64,
    /// From the request to the first byte, ms.
    pub ttfb_ms: u64,
    /// From the request to the last byte, ms.
    pub duration_ms: u64,
}

/// What did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub problem: Problem,
    /// Bytes of the body that came.
    pub bytes: u64,
    /// From the request to the first byte, if one came, ms.
    pub ttfb_ms: Option<u64>,
    /// From the request to its end, ms.
    pub duration_ms: u64,
}

/// Why no usable body came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// An HTTP status that is no success.
    Status(u16),
    /// It took too long.
    Timeout,
    /// No connection, or it broke.
    Unreachable(String),
    /// More bytes than asked for, or than are reasonable.
    TooLarge,
    /// The whole file came for a part of it.
    NoRanges,
    /// Redirected too often, or nowhere.
    Redirect,
    /// The prober may not go there.
    NotAllowed(String),
    /// It came, and cannot be used.
    Unreadable(String),
}

impl Problem {
    /// A word for an error code: there are few of them.
    pub fn code(&self) -> String {
        match self {
            Problem::Status(status) => format!("http_{status}"),
            Problem::Timeout => "timeout".into(),
            Problem::Unreachable(_) => "unreachable".into(),
            Problem::TooLarge => "too_large".into(),
            Problem::NoRanges => "no_ranges".into(),
            Problem::Redirect => "redirect".into(),
            Problem::NotAllowed(_) => "not_allowed".into(),
            Problem::Unreadable(_) => "unreadable".into(),
        }
    }

    /// For a person. Hosts may be in it: it is for whoever runs the probe, and goes into no event.
    pub(crate) fn describe(&self) -> String {
        match self {
            Problem::Status(status) => format!("the server answered {status}"),
            Problem::Timeout => "no whole answer in time".into(),
            Problem::Unreachable(why) => why.clone(),
            Problem::TooLarge => "it is larger than it may be".into(),
            Problem::NoRanges => "the server ignores byte ranges".into(),
            Problem::Redirect => "it is redirected too often, or nowhere".into(),
            Problem::NotAllowed(what) => format!("{what} is not among the targets that are allowed"),
            Problem::Unreadable(why) => why.clone(),
        }
    }

    /// Whether another attempt may do better.
    pub(crate) fn is_passing(&self) -> bool {
        !matches!(self, Problem::NotAllowed(_) | Problem::NoRanges | Problem::TooLarge | Problem::Redirect)
    }
}

/// What is being fetched.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Manifest,
    Clock,
    Playlist { track: usize, rendition: usize },
    Index { track: usize, rendition: usize, index: Index },
    Init { track: usize, resource: Resource },
    Key { track: usize, url: String },
    Segment { track: usize, rendition: usize, segment: Box<Segment> },
}

impl Target {
    /// What may fail again and again: which thing, of which track.
    pub(super) fn place(&self) -> (&'static str, usize) {
        let track = match self {
            Target::Manifest | Target::Clock => 0,
            Target::Playlist { track, .. }
            | Target::Index { track, .. }
            | Target::Init { track, .. }
            | Target::Key { track, .. }
            | Target::Segment { track, .. } => *track,
        };
        (self.name(), track)
    }

    /// The first word of an error code.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Target::Manifest | Target::Playlist { .. } => "manifest",
            Target::Clock => "clock",
            Target::Index { .. } => "index",
            Target::Init { .. } => "init",
            Target::Key { .. } => "key",
            Target::Segment { .. } => "segment",
        }
    }
}
