//! What came of a fetch: manifests become tracks, segments become media in the buffer.

use openqoe_spec::DownloadKind;

use super::exchange::{Answer, Failure, Problem, Target};
use super::track::{Rendition, Source, Track};
use super::{Player, Presentation};
use crate::dash::{Kind, Mpd};
use crate::hls::{MediaPlaylist, Multivariant, Playlist};
use crate::playout::Piece;
use crate::{ProbeError, dash, datetime, hls};

/// The wait before a second attempt, ms; it doubles.
const FIRST_WAIT: u64 = 500;
const MAX_WAIT: u64 = 8000;

impl Player {
    /// Takes in what came of the fetch that [`Player::step`] asked for.
    pub fn answer(&mut self, now: u64, result: Result<Answer, Failure>) {
        self.advance(now);
        let Some(target) = self.pending.take().filter(|_| !self.is_over) else { return };
        self.note_download(now, &target, &result);
        let taken = match result {
            Ok(answer) => {
                self.take(&target, answer, now).map_err(|error| Problem::Unreadable(error.to_string()))
            }
            Err(failure) => Err(failure.problem),
        };
        match taken {
            Ok(()) => {
                self.retry_at = 0;
                // What comes meanwhile, such as an init segment, does not say that the segment will.
                if self.failing == Some(target.place()) {
                    (self.attempts, self.failing, self.failed_rendition) = (0, None, None);
                }
            }
            Err(problem) => self.put_off(&target, &problem, now),
        }
        self.advance(now);
    }

    /// Another attempt later, or none.
    fn put_off(&mut self, target: &Target, problem: &Problem, now: u64) {
        if matches!(target, Target::Clock) {
            // Its own clock has to do.
            self.clock = None;
            self.warn("clock", problem, now);
            return;
        }
        self.attempts += 1;
        self.failing = Some(target.place());
        let is_first_manifest = self.presentation.is_none() && matches!(problem, Problem::Unreadable(_));
        if !problem.is_passing() || is_first_manifest || self.attempts >= self.options.max_attempts {
            return self.give_up(target.name(), problem, now);
        }
        self.warn(target.name(), problem, now);
        if let Target::Segment { track: 0, rendition, .. } | Target::Playlist { track: 0, rendition } = target
        {
            self.failed_rendition.get_or_insert(*rendition);
        }
        self.retry_at = now + (FIRST_WAIT << (self.attempts - 1).min(8)).min(MAX_WAIT);
    }

    fn take(&mut self, target: &Target, answer: Answer, now: u64) -> Result<(), ProbeError> {
        match target {
            Target::Manifest => return self.take_manifest(&answer, now),
            Target::Clock => {
                self.clock = None;
                let told = text(&answer)?.trim();
                let server =
                    datetime::parse(told).ok_or(ProbeError::Empty("the clock tells no date and time"))?;
                self.set_clock(server, now);
            }
            Target::Playlist { track, rendition } => match hls::read(text(&answer)?, &answer.url)? {
                Playlist::Media(playlist) => self.take_playlist(*track, *rendition, playlist, now)?,
                Playlist::Multivariant(_) => {
                    return Err(ProbeError::Empty(
                        "a multivariant playlist where a media playlist was announced",
                    ));
                }
            },
            Target::Index { track, rendition, index } => {
                let at = index.file.range.map_or(0, |range| range.first);
                let segments = index.segments(&dash::index::read(&answer.body, at)?);
                self.tracks[*track].renditions[*rendition].source = Source::Index(segments);
            }
            Target::Init { track, resource } => self.tracks[*track].init = Some(resource.clone()),
            Target::Key { track, url } => self.tracks[*track].key = Some(url.clone()),
            Target::Segment { track, rendition, segment } => {
                self.throughput.note(answer.bytes, answer.duration_ms);
                self.summary.media_bytes += answer.bytes;
                self.summary.media_ms += answer.duration_ms;
                self.tracks[*track].fetched(*rendition, segment);
                if *track > 0 {
                    self.playout.push_audio(segment.duration_ms);
                    return Ok(());
                }
                let bitrate = self.tracks[0].renditions[*rendition].bitrate;
                let (duration_ms, captured_at) = (segment.duration_ms, segment.captured_at);
                self.playout.push(Piece { duration_ms, bitrate, captured_at });
            }
        }
        Ok(())
    }

    fn take_manifest(&mut self, answer: &Answer, now: u64) -> Result<(), ProbeError> {
        let text = text(answer)?;
        if text.trim_start_matches('\u{feff}').starts_with("#EXTM3U") {
            match hls::read(text, &answer.url)? {
                Playlist::Multivariant(found) => self.take_multivariant(found, now),
                Playlist::Media(playlist) => {
                    let source = Source::Playlist { url: answer.url.clone(), loaded: None };
                    self.tracks =
                        vec![Track::new(DownloadKind::Video, vec![Rendition { bitrate: 0, source }])];
                    self.presentation = Some(Presentation { is_live: None, mpd: None, read_at: now });
                    self.take_playlist(0, 0, playlist, now)?;
                }
            }
            return Ok(());
        }
        if !text.contains("<MPD") {
            return Err(ProbeError::Unknown);
        }
        self.take_mpd(dash::read(text, &answer.url)?, now);
        Ok(())
    }

    /// Whether it is live the media playlists tell.
    fn take_multivariant(&mut self, found: Multivariant, now: u64) {
        let rendition = |bitrate, url| Rendition { bitrate, source: Source::Playlist { url, loaded: None } };
        let main = found.variants.into_iter().map(|variant| rendition(variant.bitrate, variant.playlist));
        self.tracks = vec![Track::new(DownloadKind::Video, main.collect())];
        if let Some(url) = found.audio {
            self.tracks.push(Track::new(DownloadKind::Audio, vec![rendition(0, url)]));
            self.playout.expect_audio();
        }
        self.summary.notes.extend(found.notes);
        self.presentation = Some(Presentation { is_live: None, mpd: None, read_at: now });
    }

    fn take_playlist(
        &mut self,
        track: usize,
        rendition: usize,
        playlist: MediaPlaylist,
        now: u64,
    ) -> Result<(), ProbeError> {
        if playlist.segments.is_empty() && playlist.is_complete {
            return Err(ProbeError::Empty("the playlist has no segments"));
        }
        if let Some(presentation) = self.presentation.as_mut() {
            // A live stream that comes to its end was live.
            presentation.is_live = Some(presentation.is_live == Some(true) || !playlist.is_complete);
        }
        self.is_dated |= playlist.is_dated;
        self.note_all(&playlist.notes);
        self.tracks[track].load(rendition, playlist, now);
        Ok(())
    }

    fn take_mpd(&mut self, mpd: Mpd, now: u64) {
        self.note_all(&mpd.notes);
        if self.presentation.is_none() {
            self.note_clock(mpd.clock.clone(), now);
            self.tracks = tracks(&mpd);
            if self.tracks.len() > 1 {
                self.playout.expect_audio();
            }
        }
        self.presentation = Some(Presentation { is_live: Some(mpd.is_live), mpd: Some(mpd), read_at: now });
    }

    fn note_all(&mut self, notes: &[&'static str]) {
        for note in notes {
            if !self.summary.notes.contains(note) {
                self.summary.notes.push(note);
            }
        }
    }
}

/// The tracks of an MPD. What is on the screen has the bitrates of both (spec, `rendition`).
fn tracks(mpd: &Mpd) -> Vec<Track> {
    let of = |kind, more: u64| {
        let bitrates = mpd.bitrates(kind).into_iter();
        let rendition =
            |bitrate: u64| Rendition { bitrate: bitrate.saturating_add(more), source: Source::Mpd(kind) };
        bitrates.map(rendition).collect::<Vec<_>>()
    };
    let audio = of(Kind::Audio, 0);
    let beside = audio.first().map_or(0, |lowest| lowest.bitrate);
    let video = of(Kind::Video, beside);
    match (video.is_empty(), audio.is_empty()) {
        (true, _) => vec![Track::new(DownloadKind::Audio, audio)],
        (false, true) => vec![Track::new(DownloadKind::Video, video)],
        (false, false) => {
            vec![Track::new(DownloadKind::Video, video), Track::new(DownloadKind::Audio, audio)]
        }
    }
}

fn text(answer: &Answer) -> Result<&str, ProbeError> {
    std::str::from_utf8(&answer.body).map_err(|_| ProbeError::Unknown)
}
