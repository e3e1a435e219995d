//! The manifests of the live stream, written anew for each request: HLS (RFC 8216) and DASH (ISO 23009-1).

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use super::{Live, SEGMENT_SECONDS, Segment, WINDOW_SEGMENTS};
use crate::demo::media;

/// The multivariant playlist: that of the film, its playlists being live ones.
pub(super) fn multivariant() -> Option<String> {
    let film = text("main.m3u8")?;
    let line = |line: &str| match line {
        tag if tag.starts_with('#') => tag.replace("URI=\"", "URI=\"live/"),
        uri => format!("live/{uri}"),
    };
    Some(film.lines().map(line).fold(String::new(), |text, line| text + &line + "\n"))
}

/// The media playlist of one track: its last half minute.
pub(super) fn playlist(live: Live, track: &str, now_ms: u64) -> Option<String> {
    let newest = live.newest(now_ms)?;
    let first = (newest + 1).saturating_sub(WINDOW_SEGMENTS);
    let segments = (first..=newest).map(|number| Segment::find(track, number)).collect::<Option<Vec<_>>>()?;
    let shown = date(live.epoch_ms + (segments.first()?.begin_seconds() * 1000.0).round() as u64);
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{SEGMENT_SECONDS}\n#EXT-X-MEDIA-SEQUENCE:{first}\n\
         #EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:{shown}\n"
    );
    for segment in segments {
        writeln!(text, "#EXTINF:{:.6},\n{}.m4s", segment.seconds(), segment.number).ok()?;
    }
    Some(text)
}

/// The MPD: the representations of the film, by number and wall clock.
pub(super) fn mpd(live: Live, scope: &str) -> Option<String> {
    let film = text("main.mpd")?;
    let epoch = date(live.epoch_ms);
    let window = SEGMENT_SECONDS * WINDOW_SEGMENTS;
    let mut text = format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="dynamic"
     availabilityStartTime="{epoch}" publishTime="{epoch}" minimumUpdatePeriod="PT{SEGMENT_SECONDS}S"
     timeShiftBufferDepth="PT{window}S" suggestedPresentationDelay="PT6S" minBufferTime="PT2S">
  <Period id="0" start="PT0S">
"#
    );
    for (id, kind) in ["video", "audio"].into_iter().enumerate() {
        let representations: String = film
            .lines()
            .filter(|line| line.trim_start().starts_with(&format!("<Representation id=\"{kind}")))
            .flat_map(|line| [line, "\n"])
            .collect();
        write!(
            text,
            r#"    <AdaptationSet id="{id}" contentType="{kind}" mimeType="{kind}/mp4" segmentAlignment="true" startWithSAP="1">
      <SegmentTemplate timescale="1" duration="{SEGMENT_SECONDS}" startNumber="0"
                       initialization="live/$RepresentationID$/init.mp4" media="live/$RepresentationID$/$Number$.m4s"/>
{representations}    </AdaptationSet>
"#
        )
        .ok()?;
    }
    // An absolute path, because not every player resolves it against the MPD.
    let clock = format!("/demo/media/{scope}/live/clock");
    let scheme = "urn:mpeg:dash:utc:http-xsdate:2014";
    Some(text + &format!("  </Period>\n  <UTCTiming schemeIdUri=\"{scheme}\" value=\"{clock}\"/>\n</MPD>\n"))
}

/// A moment as `xs:dateTime`, which RFC 3339 is too.
pub(super) fn date(epoch_ms: u64) -> String {
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(epoch_ms)).to_string()
}

fn text(path: &str) -> Option<String> {
    String::from_utf8(media::find(path)?.bytes.to_vec()).ok()
}
