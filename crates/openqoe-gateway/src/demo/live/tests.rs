//! The live stream against a clock that the tests set.

use super::*;

const NOW: u64 = 1_800_000_000_123;

fn text(path: &str, now_ms: u64) -> String {
    let asset = Live::on_air(NOW).find("t", path, now_ms).unwrap();
    String::from_utf8(asset.bytes.to_vec()).unwrap()
}

/// The numbers after a prefix, line by line.
fn numbers(text: &str, prefix: &str) -> Vec<f64> {
    text.lines()
        .filter_map(|line| line.strip_prefix(prefix))
        .map(|rest| rest.trim_end_matches(',').parse().unwrap())
        .collect()
}

#[test]
fn a_segment_is_there_when_its_last_frame_is() {
    let live = Live::on_air(NOW);
    let there = |number: u64, now_ms| live.find("t", &format!("live/audio/{number}.m4s"), now_ms).is_some();
    assert_eq!(live.epoch_ms, 1_799_999_700_000, "on a whole second");
    assert!(there(149, NOW) && !there(150, NOW));
    assert!(
        !there(150, live.epoch_ms + 301_749) && there(150, live.epoch_ms + 301_750),
        "to a clock a little ahead"
    );
    let listed = |now_ms| text("live/audio/playlist.m3u8", now_ms).contains("\n150.m4s\n");
    assert!(!listed(live.epoch_ms + 301_999) && listed(live.epoch_ms + 302_000));
    assert!(there(0, NOW), "what is gone from the window can still be fetched");
    assert!(!there(u64::MAX, NOW) && !there(0, live.epoch_ms + 1749) && !there(0, 0));
    for path in [
        "live/audio/01.mp4",
        "live/nothing/1.m4s",
        "live/audio",
        "live/audio/-1.m4s",
        "live",
        "live/../main.mpd",
    ] {
        assert!(live.find("t", path, NOW).is_none(), "{path}");
    }
}

#[test]
fn roles_are_those_of_the_film() {
    let role = |path| Live::on_air(NOW).find("t", path, NOW).map(|asset| asset.role);
    assert_eq!(role("live.m3u8"), Some(Role::Manifest));
    assert_eq!(role("live.mpd"), Some(Role::Manifest));
    assert_eq!(role("live/audio/playlist.m3u8"), Some(Role::Manifest));
    assert_eq!(role("live/video-144p/init.mp4"), Some(Role::Init));
    assert_eq!(role("live/video-144p/9.m4s"), Some(Role::VideoSegment));
    assert_eq!(role("live/audio/9.m4s"), Some(Role::AudioSegment));
    assert_eq!(role("live/clock"), Some(Role::Clock));
}

#[test]
fn a_playlist_is_the_last_half_minute() {
    let playlist = text("live/video-240p/playlist.m3u8", NOW);
    assert_eq!(numbers(&playlist, "#EXT-X-MEDIA-SEQUENCE:"), [135.0]);
    assert_eq!(numbers(&playlist, "#EXTINF:"), [2.0; 15]);
    assert!(playlist.contains("#EXT-X-PROGRAM-DATE-TIME:2027-01-15T07:59:30.000Z\n"), "{playlist}");
    assert!(playlist.contains("\n135.m4s\n") && playlist.ends_with("\n149.m4s\n"));
    assert!(!playlist.contains("ENDLIST") && !playlist.contains("PLAYLIST-TYPE"));
}

/// Segment after segment over an hour, the audio is where the video is, to within the frame that a segment cannot be cut in.
#[test]
fn tracks_stay_together_across_loops() {
    let now = NOW + 3_600_000;
    for number in (0..1900).step_by(7).chain(28..32) {
        let [video, audio] = ["video-360p", "audio"].map(|track| {
            let segment = Segment::find(track, number).unwrap();
            let path = format!("live/{track}/{number}.m4s");
            let served = Live::on_air(NOW).find("t", &path, now).unwrap();
            let timing = fragment::timing(&served.bytes).unwrap();
            assert_eq!(timing.begin, segment.begin, "{path}");
            timing.begin as f64 / timing.timescale as f64
        });
        assert_eq!(video, number as f64 * 2.0);
        assert!((audio - video).abs() < 1024.0 / 48_000.0, "{number}: {audio} {video}");
    }
}

/// What a playlist counts up over the seam is what the segments say.
#[test]
fn durations_span_the_seam() {
    let playlist = text("live/audio/playlist.m3u8", NOW + 20_000);
    assert_eq!(numbers(&playlist, "#EXT-X-MEDIA-SEQUENCE:"), [145.0]);
    let counted: f64 = numbers(&playlist, "#EXTINF:")[..5].iter().sum();
    let begin = Segment::find("audio", 145).unwrap().begin_seconds();
    assert!((begin + counted - 300.0).abs() < 1e-5, "{begin} {counted}");
    let last = Segment::find("audio", 149).unwrap();
    assert!(last.seconds() - 95_232.0 / 48_000.0 < 1024.0 / 48_000.0, "the gap is less than a frame");
}

#[test]
fn manifests_speak_of_the_ladder() {
    let main = text("live.m3u8", NOW);
    assert_eq!(main.matches("\nlive/video-").count(), 3);
    assert_eq!(main.matches("URI=\"live/audio/playlist.m3u8\"").count(), 1);
    let mpd = text("live.mpd", NOW);
    assert_eq!(mpd.matches("<Representation ").count(), 4);
    for part in [
        "type=\"dynamic\"",
        "availabilityStartTime=\"2027-01-15T07:55:00.000Z\"",
        "timeShiftBufferDepth=\"PT30S\"",
        "value=\"/demo/media/t/live/clock\"",
    ] {
        assert!(mpd.contains(part), "{part} in {mpd}");
    }
    assert_eq!(text("live/clock", NOW), "2027-01-15T08:00:00.123Z");
}
