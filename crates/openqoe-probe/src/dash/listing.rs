//! The segments of an MPD from a place on its timeline on: a few at a time, reckoned from the clock where they are only announced.

use super::address::{Address, Media, Times};
use super::timeline::Slot;
use super::{Kind, Mpd, Period, Representation};
use crate::media::{ByteRange, Resource, Segment};

/// Segments a player looks ahead.
const AHEAD: usize = 4;
/// Segments of a timeline that are looked at for one that begins late enough.
const MAX_TRIED: usize = 64;
/// How far behind the edge to play, in segments, where the MPD does not say.
const SEGMENTS_BEHIND: u64 = 3;

/// What is there from a place on.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) segments: Vec<Segment>,
    /// An index that has to be read before segments can be told.
    pub(crate) index: Option<Index>,
    /// Whether nothing comes after them.
    pub(crate) is_end: bool,
}

/// A file whose segments its index tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) file: Resource,
    pub(crate) init: Option<Resource>,
    /// The beginning of the period, ms.
    pub(crate) start_ms: i64,
}

impl Mpd {
    /// Segments of a rendition from a place on the timeline on, at the server's time.
    pub(crate) fn listing(&self, kind: Kind, rendition: usize, from_ms: i64, wall_ms: i64) -> Listing {
        let mut listing = Listing::default();
        for period in &self.periods {
            // A segment that straddles the end belongs to the period it began in.
            if period.end_ms.is_some_and(|end| end <= from_ms) {
                continue;
            }
            let track = period.track(kind);
            let Some(chosen) = track.get(rendition.min(track.len().saturating_sub(1))) else { continue };
            self.list_period(period, chosen, from_ms, wall_ms, &mut listing);
            if listing.segments.len() >= AHEAD || listing.index.is_some() {
                return listing;
            }
        }
        listing.is_end = !self.is_live && listing.segments.is_empty();
        listing
    }

    fn list_period(
        &self,
        period: &Period,
        representation: &Representation,
        from_ms: i64,
        wall_ms: i64,
        listing: &mut Listing,
    ) {
        let address = &representation.address;
        if let Media::File { url, index: Some(range) } = &address.media {
            let file = Resource { url: url.clone(), range: Some(*range) };
            listing.index = Some(Index { file, init: address.init.clone(), start_ms: period.start_ms });
            return;
        }
        let place = Place { mpd: self, period, address };
        let end_ms =
            period.end_ms.unwrap_or(if self.is_live { wall_ms - self.available_from } else { i64::MAX });
        for slot in place.slots(from_ms, end_ms).take(AHEAD) {
            let Some(segment) = place.segment(slot) else { break };
            if period.end_ms.is_some_and(|end| segment.start_ms >= end) {
                break;
            }
            listing.segments.push(segment);
        }
    }

    /// Where to begin, ms on the timeline: at the beginning, or as far behind the live edge as its author wants.
    pub(crate) fn start_ms(&self, kind: Kind, wall_ms: i64) -> i64 {
        let Some((period, last)) = self.periods.iter().rev().find_map(|p| Some((p, p.track(kind).first()?)))
        else {
            return 0;
        };
        if !self.is_live {
            return self.periods.first().map_or(0, |first| first.start_ms);
        }
        let address = &last.address;
        let place = Place { mpd: self, period, address };
        let now = wall_ms - self.available_from;
        let (edge, segment_ms) = match &address.times {
            Times::Listed(timeline) => {
                let end = place.at(timeline.end(place.units(now)));
                (end.min(now), timeline.longest().saturating_mul(1000) / address.timescale)
            }
            Times::Equal(length) => (now, length.saturating_mul(1000) / address.timescale),
            Times::Unsaid => (now, 0),
        };
        let delay = self.delay_ms.unwrap_or(segment_ms.saturating_mul(SEGMENTS_BEHIND));
        // The segment that is on air there, not the one after it.
        edge.saturating_sub_unsigned(delay.saturating_add(segment_ms / 2)).max(period.start_ms.min(edge))
    }
}

/// Segments of one representation in one period.
struct Place<'a> {
    mpd: &'a Mpd,
    period: &'a Period,
    address: &'a Address,
}

impl Place<'_> {
    /// Ms on the timeline of a time in units.
    fn at(&self, units: u64) -> i64 {
        let since = i128::from(units) - i128::from(self.address.offset);
        let scale = i128::from(self.address.timescale);
        let ms = (since * 1000 + scale / 2).div_euclid(scale);
        self.period.start_ms.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX / 2))
    }

    /// The time in units of a place on the timeline.
    fn units(&self, at_ms: i64) -> u64 {
        let since =
            i128::from(at_ms.saturating_sub(self.period.start_ms)) * i128::from(self.address.timescale);
        let units = since.div_euclid(1000) + i128::from(self.address.offset);
        u64::try_from(units.max(0)).unwrap_or(u64::MAX)
    }

    /// Segments from a place on: those that begin there or, within half of their length, a little earlier.
    fn slots(&self, from_ms: i64, end_ms: i64) -> Box<dyn Iterator<Item = Slot> + '_> {
        let from = self.units(from_ms);
        match &self.address.times {
            Times::Listed(timeline) => Box::new(
                timeline
                    .from(from, self.units(end_ms))
                    // Only the first of a run can begin too early; where times have no room left none would do.
                    .take(MAX_TRIED)
                    .filter(move |slot| slot.time.saturating_add(slot.length.div_ceil(2)) > from),
            ),
            Times::Equal(length) => {
                let (length, offset) = (*length, self.address.offset);
                let first = (from.saturating_sub(offset).saturating_add(length / 2)) / length;
                Box::new((first..u64::MAX).map(move |index| Slot {
                    index,
                    time: offset.saturating_add(index.saturating_mul(length)),
                    length,
                }))
            }
            Times::Unsaid => {
                let length =
                    self.period.end_ms.map_or(1000, |end| end.saturating_sub(self.period.start_ms).max(1));
                let length =
                    u64::try_from(length).unwrap_or(1000).saturating_mul(self.address.timescale) / 1000;
                let is_here = from <= self.address.offset.saturating_add(length / 2);
                let slot = Slot { index: 0, time: self.address.offset, length: length.max(1) };
                Box::new(is_here.then_some(slot).into_iter())
            }
        }
    }

    fn segment(&self, slot: Slot) -> Option<Segment> {
        let number = self.address.start_number.saturating_add(slot.index);
        let media = match &self.address.media {
            Media::Template(template) => {
                Resource::whole(super::template::address(template, number, slot.time))
            }
            Media::List(list) => list.get(usize::try_from(slot.index).ok()?)?.clone(),
            Media::File { url, .. } => Resource::whole(url.clone()),
        };
        let (start_ms, end_ms) = (self.at(slot.time), self.at(slot.time.saturating_add(slot.length)));
        let wall = |at_ms: i64| self.mpd.is_live.then(|| self.mpd.available_from.saturating_add(at_ms));
        let available_at = match self.address.times {
            // What a timeline lists is there.
            Times::Listed(_) => None,
            Times::Equal(_) | Times::Unsaid => wall(end_ms.saturating_sub(self.address.early_ms)),
        };
        Some(Segment {
            number,
            start_ms,
            duration_ms: end_ms.saturating_sub(start_ms).max(1).unsigned_abs(),
            media,
            init: self.address.init.clone(),
            key: None,
            captured_at: wall(start_ms),
            available_at,
        })
    }
}

impl Index {
    /// The segments, once the index is read.
    pub(crate) fn segments(&self, found: &[super::index::Reference]) -> Vec<Segment> {
        let segments = found.iter().zip(0..).map(|(reference, number)| Segment {
            number,
            start_ms: self.start_ms.saturating_add_unsigned(reference.start_ms),
            duration_ms: reference.duration_ms.max(1),
            media: Resource {
                url: self.file.url.clone(),
                range: ByteRange::of(reference.offset, reference.bytes),
            },
            init: self.init.clone(),
            key: None,
            captured_at: None,
            available_at: None,
        });
        segments.collect()
    }
}
