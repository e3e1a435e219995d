//! One of the two tracks: what there is of it, and how far it has been fetched.

use openqoe_spec::DownloadKind;

use crate::dash::Kind;
use crate::hls::MediaPlaylist;
use crate::media::{Resource, Segment, first_from};

/// A track.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) kind: DownloadKind,
    /// By bitrate, the lowest first.
    pub(super) renditions: Vec<Rendition>,
    /// The rendition fetched last.
    pub(super) current: Option<usize>,
    /// Where the next segment begins on the timeline.
    pub(super) next_ms: Option<i64>,
    /// Its number, in the rendition fetched last.
    pub(super) next_number: Option<u64>,
    /// What was fetched last of these: the decoder has it.
    pub(super) init: Option<Resource>,
    pub(super) key: Option<String>,
    /// A segment's number and its place on the timeline, where playlists tell no dates.
    anchor: Option<(u64, i64)>,
    pub(super) is_complete: bool,
}

/// A rendition.
#[derive(Debug)]
pub(super) struct Rendition {
    /// Bit/s, 0 where the manifest does not say.
    pub(super) bitrate: u64,
    pub(super) source: Source,
}

/// Where its segments are told.
#[derive(Debug)]
pub(super) enum Source {
    Playlist { url: String, loaded: Option<Loaded> },
    Mpd(Kind),
    Index(Vec<Segment>),
}

/// A media playlist that was read.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) playlist: MediaPlaylist,
    /// When to read it again.
    pub(super) reload_at: u64,
}

impl Track {
    pub(super) fn new(kind: DownloadKind, renditions: Vec<Rendition>) -> Track {
        Track {
            kind,
            renditions,
            current: None,
            next_ms: None,
            next_number: None,
            init: None,
            key: None,
            anchor: None,
            is_complete: false,
        }
    }

    /// Takes in a media playlist, read at a time.
    pub(super) fn load(&mut self, rendition: usize, mut playlist: MediaPlaylist, now: u64) {
        self.place(&mut playlist);
        let Some(Rendition { source: Source::Playlist { loaded, .. }, .. }) =
            self.renditions.get_mut(rendition)
        else {
            return;
        };
        let last = |playlist: &MediaPlaylist| playlist.segments.last().map(|segment| segment.number);
        let is_same = loaded.as_ref().is_some_and(|before| last(&before.playlist) == last(&playlist));
        // RFC 8216 §6.3.4: after a target duration, or half of it when there was nothing new.
        let wait = if is_same { playlist.target_ms / 2 } else { playlist.target_ms };
        *loaded = Some(Loaded { playlist, reload_at: now + wait });
    }

    /// Puts the segments of a live playlist without dates on the timeline of those before it: a number means the same segment.
    fn place(&mut self, playlist: &mut MediaPlaylist) {
        let (Some(first), false) = (playlist.segments.first(), playlist.is_dated) else { return };
        if let Some((number, at_ms)) = self.anchor {
            let known = playlist.segments.iter().find(|segment| segment.number == number);
            let shift = match known {
                Some(segment) => at_ms - segment.start_ms,
                None => {
                    let apart = i128::from(first.number) - i128::from(number);
                    let apart = i64::try_from(apart * i128::from(playlist.target_ms)).unwrap_or_default();
                    at_ms.saturating_add(apart) - first.start_ms
                }
            };
            for segment in &mut playlist.segments {
                segment.start_ms = segment.start_ms.saturating_add(shift);
            }
        }
        if !playlist.is_complete {
            self.anchor = playlist.segments.last().map(|last| (last.number, last.start_ms));
        }
    }

    /// The segment to fetch next of a rendition, among those its playlist tells.
    pub(super) fn next_of<'a>(&self, rendition: usize, segments: &'a [Segment]) -> Option<&'a Segment> {
        if let Some(number) = self.next_number.filter(|_| self.current == Some(rendition)) {
            return segments.iter().find(|segment| segment.number >= number);
        }
        first_from(segments, self.next_ms?)
    }

    /// Notes that a segment has been fetched.
    pub(super) fn fetched(&mut self, rendition: usize, segment: &Segment) {
        self.current = Some(rendition);
        self.next_ms = Some(segment.end_ms());
        self.next_number = Some(segment.number.saturating_add(1));
    }
}

/// Where to begin with a playlist: at the beginning, or so far from a live end that it does not run dry at once (RFC 8216 §6.3.3).
pub(super) fn beginning(playlist: &MediaPlaylist) -> Option<&Segment> {
    const TARGETS_BEHIND: u64 = 3;
    let first = playlist.segments.first()?;
    if playlist.is_complete {
        return Some(first);
    }
    let end = playlist.segments.last()?.end_ms();
    let latest = end.saturating_sub_unsigned(playlist.target_ms * TARGETS_BEHIND);
    playlist.segments.iter().rev().find(|segment| segment.start_ms <= latest).or(Some(first))
}
