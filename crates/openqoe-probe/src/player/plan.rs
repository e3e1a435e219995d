//! What to fetch next.

use openqoe_spec::DownloadKind;

use super::exchange::{Request, Target};
use super::track::{Rendition, Source, beginning};
use super::{Player, Step};
use crate::abr;
use crate::media::{Resource, Segment, first_from};

/// How often to look again where nothing says when, ms.
const LOOK_AGAIN: u64 = 1000;
/// The largest key, clock and the like, bytes.
const MAX_SMALL: u64 = 64 << 10;

/// What a track wants.
enum Want {
    Fetch(Target, Resource),
    Wait(u64),
    Nothing,
}

/// Where the next segment of a rendition is.
enum Found {
    Segment(Box<Segment>),
    Ask(Target, Resource),
    Later(u64),
    End,
}

impl Player {
    /// The next request, or how long there is none.
    pub(super) fn plan(&mut self, now: u64) -> Step {
        if self.presentation.is_none() {
            return self.fetch(Target::Manifest, Resource::whole(self.url.clone()));
        }
        if let Some(url) = self.clock.clone() {
            return self.fetch(Target::Clock, Resource::whole(url));
        }
        let mut until = self.wake_at();
        let mut order: Vec<usize> = (0..self.tracks.len()).collect();
        order.sort_by_key(|track| self.buffered(*track));
        for track in order {
            match self.want(track, now) {
                Want::Fetch(target, resource) => return self.fetch(target, resource),
                Want::Wait(at) => until = until.min(at),
                Want::Nothing => {}
            }
        }
        // The end of a track may be the end of all.
        self.advance(now);
        Step::Wait(until.min(self.wake_at()).max(now + 1))
    }

    fn fetch(&mut self, target: Target, resource: Resource) -> Step {
        let of = |track: usize| self.tracks[track].kind;
        let (kind, is_read, max_bytes) = match &target {
            Target::Manifest | Target::Playlist { .. } => {
                (DownloadKind::Manifest, true, self.options.max_manifest_bytes)
            }
            Target::Clock => (DownloadKind::Other, true, MAX_SMALL),
            Target::Index { .. } => (DownloadKind::Init, true, self.options.max_manifest_bytes),
            Target::Init { .. } => (DownloadKind::Init, false, self.options.max_manifest_bytes),
            Target::Key { .. } => (DownloadKind::Other, false, MAX_SMALL),
            Target::Segment { track, .. } => (of(*track), false, self.options.max_segment_bytes),
        };
        self.pending = Some(target);
        Step::Fetch(Request { url: resource.url, range: resource.range, kind, is_read, max_bytes })
    }

    fn buffered(&self, track: usize) -> u64 {
        if track == 0 { self.playout.media_ms() } else { self.playout.audio_ms() }
    }

    fn want(&mut self, index: usize, now: u64) -> Want {
        let buffered = self.buffered(index);
        if self.tracks[index].is_complete {
            return Want::Nothing;
        }
        if buffered >= self.options.max_buffer_ms {
            let drained = now + (buffered - self.options.max_buffer_ms) + 1;
            return Want::Wait(if self.playout.is_playing() { drained } else { now + LOOK_AGAIN });
        }
        let rendition = self.choose(index);
        match self.find(index, rendition, now) {
            Found::Segment(segment) => self.want_segment(index, rendition, segment, now),
            Found::Ask(target, resource) => Want::Fetch(target, resource),
            Found::Later(at) => Want::Wait(at),
            Found::End => {
                self.tracks[index].is_complete = true;
                if index == 0 {
                    self.playout.complete()
                } else {
                    self.playout.complete_audio()
                }
                Want::Nothing
            }
        }
    }

    fn want_segment(&self, track: usize, rendition: usize, segment: Box<Segment>, now: u64) -> Want {
        let wall = self.wall(now);
        if let Some(wait) = segment.available_at.and_then(|at| u64::try_from(at.saturating_sub(wall)).ok())
            && wait > 0
        {
            return Want::Wait(now.saturating_add(wait));
        }
        if let Some(resource) =
            segment.init.clone().filter(|init| self.tracks[track].init.as_ref() != Some(init))
        {
            return Want::Fetch(Target::Init { track, resource: resource.clone() }, resource);
        }
        if let Some(url) = segment.key.clone().filter(|key| self.tracks[track].key.as_ref() != Some(key)) {
            return Want::Fetch(Target::Key { track, url: url.clone() }, Resource::whole(url));
        }
        let media = segment.media.clone();
        Want::Fetch(Target::Segment { track, rendition, segment }, media)
    }

    /// The rendition to fetch. Audio keeps to its lowest: it is hardly ever what a network cannot carry.
    fn choose(&self, index: usize) -> usize {
        let track = &self.tracks[index];
        if index > 0 {
            return 0;
        }
        let bitrates: Vec<u64> = track.renditions.iter().map(|rendition| rendition.bitrate).collect();
        let (throughput, buffered) = (self.throughput.estimate(), self.playout.buffered_ms());
        let choice = abr::choose(&bitrates, track.current, throughput, buffered, self.options.start_bitrate);
        // What did not come may come in a lower one.
        let below = |failed: usize| failed.saturating_sub(self.attempts as usize);
        self.failed_rendition.map_or(choice, |failed| choice.min(below(failed)))
    }

    fn find(&mut self, index: usize, rendition: usize, now: u64) -> Found {
        let origin = self.origin_ms;
        let track = &mut self.tracks[index];
        let Some(Rendition { source, .. }) = track.renditions.get(rendition) else { return Found::End };
        let (found, begin) = match source {
            Source::Mpd(_) => return self.find_in_mpd(index, rendition, now),
            Source::Index(segments) => match first_from(segments, track.next_ms.unwrap_or(i64::MIN)) {
                Some(segment) => return Found::Segment(Box::new(segment.clone())),
                None => return Found::End,
            },
            Source::Playlist { url, loaded: None } => {
                let resource = Resource::whole(url.clone());
                return Found::Ask(Target::Playlist { track: index, rendition }, resource);
            }
            Source::Playlist { url, loaded: Some(loaded) } => {
                let segments = &loaded.playlist.segments;
                let begin = || {
                    let beside = origin.and_then(|origin| first_from(segments, origin));
                    let is_far =
                        |segment: &&Segment| origin.is_some_and(|origin| segment.start_ms > origin + 60_000);
                    beside.filter(|segment| !is_far(segment)).or_else(|| beginning(&loaded.playlist))
                };
                let is_first = track.next_ms.is_none();
                let found = if is_first { begin() } else { track.next_of(rendition, segments) };
                match found {
                    Some(segment) => (Box::new(segment.clone()), is_first),
                    None if loaded.playlist.is_complete => return Found::End,
                    None if loaded.reload_at <= now => {
                        let resource = Resource::whole(url.clone());
                        return Found::Ask(Target::Playlist { track: index, rendition }, resource);
                    }
                    None => return Found::Later(loaded.reload_at),
                }
            }
        };
        if begin {
            self.origin_ms.get_or_insert(found.start_ms);
        }
        Found::Segment(found)
    }

    fn find_in_mpd(&mut self, index: usize, rendition: usize, now: u64) -> Found {
        let wall = self.wall(now);
        let Some(presentation) = &self.presentation else { return Found::Later(now + LOOK_AGAIN) };
        let (Some(mpd), Some(Rendition { source: Source::Mpd(kind), .. })) =
            (&presentation.mpd, self.tracks[index].renditions.get(rendition))
        else {
            return Found::End;
        };
        let update_at =
            mpd.update_ms.filter(|_| mpd.is_live).map(|update| presentation.read_at.saturating_add(update));
        if update_at.is_some_and(|at| at <= now) {
            return Found::Ask(Target::Manifest, Resource::whole(self.url.clone()));
        }
        let from = self.tracks[index].next_ms.or(self.origin_ms).unwrap_or_else(|| mpd.start_ms(*kind, wall));
        self.origin_ms.get_or_insert(from);
        let listing = mpd.listing(*kind, rendition, from, wall);
        if let Some(segment) = listing.segments.into_iter().next() {
            return Found::Segment(Box::new(segment));
        }
        if let Some(found) = listing.index {
            let file = found.file.clone();
            return Found::Ask(Target::Index { track: index, rendition, index: found }, file);
        }
        if listing.is_end { Found::End } else { Found::Later(update_at.unwrap_or(now + LOOK_AGAIN)) }
    }
}
