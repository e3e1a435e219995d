//! The media playlist (RFC 8216 §4.3.2 and §4.3.3): segments with their places in time.

use super::attributes::AttributeList;
use super::{told, wrong};
use crate::media::{ByteRange, MAX_SEGMENTS, Resource, Segment};
use crate::reference::resolve;
use crate::{ProbeError, datetime};

/// Segments of one rendition.
#[derive(Clone, Debug, Default)]
pub struct MediaPlaylist {
    /// In order. Times begin at 0, or are those of `EXT-X-PROGRAM-DATE-TIME` where [`MediaPlaylist::is_dated`].
    pub segments: Vec<Segment>,
    /// `EXT-X-TARGETDURATION`, ms.
    pub target_ms: u64,
    /// Whether nothing will be added (`EXT-X-ENDLIST`).
    pub is_complete: bool,
    /// Whether times are epoch ms.
    pub is_dated: bool,
    /// What is in it and not looked at.
    pub notes: Vec<&'static str>,
}

/// What tags have said that holds for segments still to come.
#[derive(Default)]
struct State {
    number: u64,
    duration_ms: Option<f64>,
    range: Option<(u64, Option<u64>)>,
    /// The byte after the last range, and of which file (§4.3.2.2).
    range_end: Option<(String, u64)>,
    init: Option<Resource>,
    key: Option<String>,
    /// Exact, so that rounding does not add up.
    position_ms: f64,
    dated: Option<f64>,
    is_gap: bool,
}

pub(super) fn read(text: &str, url: &str) -> Result<MediaPlaylist, ProbeError> {
    let mut playlist = MediaPlaylist::default();
    let mut state = State::default();
    let mut target = None;
    for (number, line) in told(text) {
        if !line.starts_with('#') {
            push_segment(&mut playlist, &mut state, resolve(url, line), number)?;
            continue;
        }
        let (tag, value) = line.split_once(':').unwrap_or((line, ""));
        match tag {
            "#EXT-X-TARGETDURATION" => target = Some(whole(tag, value, number)?),
            "#EXT-X-MEDIA-SEQUENCE" => state.number = whole(tag, value, number)?,
            "#EXT-X-ENDLIST" => playlist.is_complete = true,
            "#EXTINF" => state.duration_ms = Some(seconds(value, number)? * 1000.0),
            "#EXT-X-BYTERANGE" => state.range = Some(range(value, number)?),
            "#EXT-X-MAP" => state.init = Some(map(value, url, number)?),
            "#EXT-X-KEY" => state.key = key(&AttributeList::read(value), url, &mut playlist.notes),
            "#EXT-X-PROGRAM-DATE-TIME" => {
                let date = datetime::parse(value)
                    .ok_or_else(|| wrong(number, format!("`{value}` is no date and time")))?;
                state.dated = Some(date as f64);
            }
            "#EXT-X-GAP" => state.is_gap = true,
            "#EXT-X-PART" => note(
                &mut playlist.notes,
                "partial segments (low latency) are not asked for: whole segments are",
            ),
            "#EXT-X-I-FRAMES-ONLY" => {
                return Err(ProbeError::Unsupported("a playlist of key frames only".into()));
            }
            _ => {}
        }
    }
    let target = target.ok_or_else(|| wrong(1, "EXT-X-TARGETDURATION is missing (RFC 8216 §4.3.3.1)"))?;
    playlist.target_ms = target.clamp(1, 3600) * 1000;
    Ok(playlist)
}

fn push_segment(
    playlist: &mut MediaPlaylist,
    state: &mut State,
    url: String,
    line: usize,
) -> Result<(), ProbeError> {
    let duration = state.duration_ms.take();
    let duration = duration.ok_or_else(|| wrong(line, "a segment without EXTINF (RFC 8216 §4.3.2.1)"))?;
    let captured = state.dated.take();
    if let Some(date) = captured {
        // The segments before the first date are dated backwards from it.
        if !playlist.is_dated {
            playlist.is_dated = true;
            let shift = date - state.position_ms;
            playlist.segments.iter_mut().for_each(|segment| shift_by(segment, shift));
        }
        state.position_ms = date;
    }
    let (start, end) = (state.position_ms.round(), (state.position_ms + duration).round());
    let range = byte_range(state, &url);
    let segment = Segment {
        number: state.number,
        start_ms: start as i64,
        duration_ms: ((end - start) as u64).max(1),
        media: Resource { url, range },
        init: state.init.clone(),
        key: state.key.clone(),
        captured_at: playlist.is_dated.then_some(start as i64),
        available_at: None,
    };
    state.position_ms += duration;
    state.number = state.number.saturating_add(1);
    // What is not there is passed over, as a player would (RFC 8216bis §4.4.4.7).
    if !std::mem::take(&mut state.is_gap) {
        if playlist.segments.len() >= MAX_SEGMENTS {
            return Err(wrong(line, format!("more than {MAX_SEGMENTS} segments")));
        }
        playlist.segments.push(segment);
    }
    Ok(())
}

fn shift_by(segment: &mut Segment, shift: f64) {
    segment.start_ms = (segment.start_ms as f64 + shift).round() as i64;
    segment.captured_at = Some(segment.start_ms);
}

/// A range without an offset begins where the one before it ended.
fn byte_range(state: &mut State, url: &str) -> Option<ByteRange> {
    let (length, offset) = state.range.take()?;
    let follows = state.range_end.take().filter(|(file, _)| file == url).map_or(0, |(_, end)| end);
    let offset = offset.unwrap_or(follows);
    state.range_end = Some((url.to_owned(), offset.saturating_add(length)));
    ByteRange::of(offset, length)
}

fn whole(tag: &str, value: &str, line: usize) -> Result<u64, ProbeError> {
    let tag = tag.trim_start_matches('#');
    value.trim().parse().map_err(|_| wrong(line, format!("{tag}: `{value}` is no number")))
}

fn seconds(value: &str, line: usize) -> Result<f64, ProbeError> {
    let text = value.split_once(',').map_or(value, |(seconds, _)| seconds).trim();
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..=3600.0).contains(seconds));
    seconds.ok_or_else(|| wrong(line, format!("EXTINF: `{text}` is no number of seconds up to 3600")))
}

/// `length[@offset]`.
fn range(value: &str, line: usize) -> Result<(u64, Option<u64>), ProbeError> {
    let (length, offset) = value.trim().split_once('@').map_or((value.trim(), None), |(l, o)| (l, Some(o)));
    let told = || wrong(line, format!("`{value}` is no byte range: it looks like 1000@0"));
    let offset = offset.map(|offset| offset.parse().map_err(|_| told())).transpose()?;
    Ok((length.parse().map_err(|_| told())?, offset))
}

fn map(value: &str, url: &str, line: usize) -> Result<Resource, ProbeError> {
    let list = AttributeList::read(value);
    let uri = list.get("URI").ok_or_else(|| wrong(line, "EXT-X-MAP needs URI (RFC 8216 §4.3.2.5)"))?;
    let range = list.get("BYTERANGE").map(|text| range(text, line)).transpose()?;
    let range = range.and_then(|(length, offset)| ByteRange::of(offset.unwrap_or(0), length));
    Ok(Resource { url: resolve(url, uri), range })
}

/// Where the key is. It is fetched, as a player would, and not used: nothing is decoded.
fn key(list: &AttributeList<'_>, url: &str, notes: &mut Vec<&'static str>) -> Option<String> {
    match list.get("METHOD") {
        Some("AES-128") => list.get("URI").map(|uri| resolve(url, uri)),
        None | Some("NONE") => None,
        Some(_) => {
            note(notes, "licences of DRM are not asked for: encrypted segments are fetched as they are");
            None
        }
    }
}

fn note(notes: &mut Vec<&'static str>, text: &'static str) {
    if !notes.contains(&text) {
        notes.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://h/p/v.m3u8";

    #[test]
    fn tags_hold_for_what_follows() {
        let text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n\
            #EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"100@0\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n\
            #EXTINF:3.9996,title\n#EXT-X-BYTERANGE:10@100\na.mp4\n#EXTINF:4.0004,\n#EXT-X-BYTERANGE:20\na.mp4\n\
            #EXT-X-KEY:METHOD=NONE\n#EXT-X-GAP\n#EXTINF:4,\nb.mp4\n\
            #EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:01:00Z\n#EXTINF:2,\nc.mp4\n#EXT-X-ENDLIST\n";
        let playlist = read(text, URL).unwrap();
        assert!(playlist.is_complete && playlist.is_dated);
        let ranges: Vec<_> =
            playlist.segments.iter().map(|s| s.media.range.map(|r| (r.first, r.last))).collect();
        assert_eq!(ranges, [Some((100, 109)), Some((110, 129)), None]);
        let times: Vec<_> = playlist.segments.iter().map(|s| (s.number, s.start_ms, s.duration_ms)).collect();
        assert_eq!(times, [(7, 48_000, 4000), (8, 52_000, 4000), (10, 60_000, 2000)]);
        let keys: Vec<_> = playlist.segments.iter().map(|s| s.key.as_deref()).collect();
        assert_eq!(keys, [Some("http://h/p/k"), Some("http://h/p/k"), None]);
        let init = playlist.segments[2].init.clone().unwrap();
        assert_eq!((init.url.as_str(), init.range.unwrap().length()), ("http://h/p/i.mp4", 100));
    }
}
