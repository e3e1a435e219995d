//! Manifests are foreign bytes too: whatever they say, the prober's session begins and ends once, in order, and asks within bounds.

use openqoe_probe::{Answer, Failure, Options, Player, Problem, Step};
use openqoe_spec::EventKind;

/// Watched, ms.
const DURATION: u64 = 20_000;

/// The first byte is the network's mood; the rest answers every request for text.
pub(crate) fn play(data: &[u8]) {
    let (mood, body) = data.split_first().map_or((0, data), |(first, rest)| (u64::from(*first), rest));
    let _ = openqoe_probe::index::read(body, mood);
    let options = Options { duration_ms: DURATION, ..Options::default() };
    let mut player = Player::new("http://origin/a/main", options, 1_795_262_400_000);
    let (mut now, mut mood, mut steps) = (0_u64, mood, 0);
    loop {
        steps += 1;
        assert!(steps < 60_000, "it does not end");
        match player.step(now) {
            Step::Done => break,
            Step::Wait(until) => {
                assert!(until > now, "it waits for the past");
                now = until;
            }
            Step::Fetch(request) => {
                mood = mood.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let duration_ms = 1 + (mood >> 40) % 1500;
                now += duration_ms;
                let body = if request.is_read { body.to_vec() } else { Vec::new() };
                let answer = Answer { url: request.url, body, bytes: 50_000, ttfb_ms: 1, duration_ms };
                let failure = Failure { problem: Problem::Timeout, bytes: 0, ttfb_ms: None, duration_ms };
                player.answer(now, if mood >> 61 == 0 { Err(failure) } else { Ok(answer) });
            }
        }
    }
    let events = player.take_events();
    assert!(events.iter().map(|event| event.seq).eq(0..events.len() as u64));
    assert!(events.is_sorted_by_key(|event| event.t));
    assert!(events.last().is_some_and(|last| last.t <= DURATION));
    let ends = events.iter().filter(|event| matches!(event.kind, EventKind::SessionEnd { .. })).count();
    assert_eq!(ends, 1);
    let totals = player.summary().totals;
    assert!(totals.waiting_ms + totals.playing_ms + totals.stalled_ms <= DURATION);
}

/// One manifest of each kind.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let media = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"100@0\"\n\
        #EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-PROGRAM-DATE-TIME:2026-11-21T11:59:40.5+01:00\n#EXTINF:3.9,t\n\
        #EXT-X-BYTERANGE:10@100\na.mp4\n#EXT-X-DISCONTINUITY\n#EXTINF:4,\n#EXT-X-BYTERANGE:20\na.mp4\n#EXT-X-GAP\n#EXTINF:4,\nb.mp4\n";
    let ended = format!("{media}#EXT-X-ENDLIST\n");
    let multivariant = "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\",DEFAULT=YES,URI=\"x.m3u8\"\n\
        #EXT-X-STREAM-INF:BANDWIDTH=900,CODECS=\"avc1,mp4a\",AUDIO=\"a\"\nv.m3u8\n";
    let mpd = |inner: &str| {
        format!(
            "<MPD type=\"dynamic\" availabilityStartTime=\"2026-11-21T11:59:00Z\" minimumUpdatePeriod=\"PT2S\" suggestedPresentationDelay=\"PT6S\">\
             <Period start=\"PT0S\"><AdaptationSet contentType=\"video\"><Representation id=\"v\" bandwidth=\"8\">{inner}</Representation>\
             </AdaptationSet></Period><UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:direct:2014\" value=\"2026-11-21T12:00:00Z\"/></MPD>"
        )
    };
    let numbers = mpd(
        "<SegmentTemplate timescale=\"10\" duration=\"20\" media=\"$Number%03d$\" availabilityTimeOffset=\"1.5\"/>",
    );
    let times = mpd(
        "<SegmentTemplate timescale=\"10\" presentationTimeOffset=\"5\" media=\"$Time$\"><SegmentTimeline><S t=\"5\" d=\"20\" r=\"-1\"/></SegmentTimeline></SegmentTemplate>",
    );
    let list = mpd("<SegmentList duration=\"2\"><Initialization range=\"0-9\"/><SegmentURL mediaRange=\"10-19\"/></SegmentList>").replace("dynamic", "static");
    let file = mpd("<BaseURL>v.mp4</BaseURL><SegmentBase indexRange=\"0-99\"/>").replace("dynamic", "static");
    [media, &ended, multivariant, &numbers, &times, &list, &file]
        .map(|text| [b"\x01", text.as_bytes()].concat())
        .to_vec()
}
