//! What holds whatever comes in.

use openqoe_probe::{
    Answer, Failure, Options, Piece, Player, Playout, Problem, Step, Thresholds, Transition, index, read_mpd,
    read_playlist,
};
use openqoe_spec::EventKind;
use proptest::prelude::*;

/// What happens to a buffer.
#[derive(Clone, Debug)]
enum Act {
    Wait(u64),
    Push(u64, u64),
    PushAudio(u64),
    Complete,
    CompleteAudio,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        5 => (0..6000_u64).prop_map(Act::Wait),
        4 => (0..5000_u64, 0..4_u64).prop_map(|(ms, rate)| Act::Push(ms, rate * 100)),
        3 => (0..5000_u64).prop_map(Act::PushAudio),
        1 => Just(Act::Complete),
        1 => Just(Act::CompleteAudio),
    ]
}

proptest! {
    /// Every millisecond is of one kind, nothing is played that was not there, and what is seen comes in order.
    #[test]
    fn the_buffer_adds_up(
        acts in prop::collection::vec(act(), 0..60), has_audio: bool, start_ms in 0..5000_u64, resume_ms in 0..5000_u64,
    ) {
        let mut playout = Playout::new(Thresholds { start_ms, resume_ms }, has_audio);
        let (mut now, mut pushed, mut audio, mut seen) = (0, 0, 0, Vec::new());
        let (mut is_complete, mut audio_is_complete) = (false, !has_audio);
        for act in acts {
            match act {
                Act::Wait(ms) => now += ms,
                Act::Push(ms, bitrate) if !is_complete => {
                    pushed += ms.max(1);
                    playout.push(Piece { duration_ms: ms, bitrate, captured_at: None });
                }
                Act::PushAudio(ms) if !audio_is_complete => {
                    audio += ms;
                    playout.push_audio(ms);
                }
                Act::Push(..) | Act::PushAudio(_) => {}
                Act::Complete => { is_complete = true; playout.complete(); }
                Act::CompleteAudio => { audio_is_complete = true; playout.complete_audio(); }
            }
            let change = playout.next_change();
            let before = seen.len();
            playout.advance(now, |at, transition| seen.push((at, transition)));
            if let (Some(change), [(at, Transition::Stalled | Transition::Ended), ..]) = (change, &seen[before..]) {
                prop_assert!(*at <= change, "it was told to look at {change} for {at}");
            }
            let totals = playout.totals();
            let (ended, sum) = (playout.has_ended(), totals.waiting_ms + totals.playing_ms + totals.stalled_ms);
            prop_assert!(sum == now || ended && sum <= now, "{sum} of {now} ms: {totals:?}");
            prop_assert!(totals.playing_ms <= pushed);
            prop_assert!(audio_is_complete || totals.playing_ms <= audio);
            prop_assert_eq!(playout.buffered_ms() <= pushed - totals.playing_ms, true);
        }
        prop_assert!(seen.is_sorted_by_key(|(at, _)| *at));
        let stalls = seen.iter().filter(|(_, transition)| *transition == Transition::Stalled).count();
        prop_assert_eq!(stalls as u64, playout.totals().stalls);
        let ends = seen.iter().position(|(_, transition)| *transition == Transition::Ended);
        prop_assert!(ends.is_none_or(|end| end + 1 == seen.len()), "nothing follows the end");
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = read_playlist(&text, "http://a/b");
        let _ = read_playlist(&format!("#EXTM3U\n{text}"), "http://a/b");
        let _ = read_mpd(&text, "http://a/b");
        let _ = index::read(&bytes, u64::MAX);
        let _ = openqoe_probe::parse_date_time(&text);
        let _ = openqoe_probe::resolve(&text, &text);
    }

    /// Tags, well formed or nearly.
    #[test]
    fn no_playlist_makes_the_reader_panic(lines in prop::collection::vec(line(), 0..30)) {
        let text = format!("#EXTM3U\n{}", lines.join("\n"));
        let _ = read_playlist(&text, "http://a/b/c.m3u8");
        play(&text, 3);
    }

    #[test]
    fn no_mpd_makes_the_player_panic(
        kind in prop::sample::select(vec!["static", "dynamic"]),
        numbers in prop::collection::vec(prop_oneof![0..10_u64, Just(u64::MAX), any::<u64>()], 8),
        repeat in prop_oneof![-2..5_i64, Just(i64::MAX)], is_listed: bool, seed: u8,
    ) {
        let [t, d, scale, start, offset, length, period, delay] = numbers[..].try_into().unwrap();
        let timeline = format!(r#"<SegmentTimeline><S t="{t}" d="{d}" r="{repeat}"/><S d="{length}"/></SegmentTimeline>"#);
        let inner = if is_listed { timeline } else { String::new() };
        let text = format!(
            r#"<MPD type="{kind}" availabilityStartTime="2026-11-21T11:00:00Z" mediaPresentationDuration="PT{period}S"
                 suggestedPresentationDelay="PT{delay}S" minimumUpdatePeriod="PT2S"><Period start="PT{}S">
               <AdaptationSet contentType="video"><SegmentTemplate timescale="{scale}" duration="{length}"
                 startNumber="{start}" presentationTimeOffset="{offset}" media="$Number$-$Time$">{inner}</SegmentTemplate>
               <Representation id="v" bandwidth="{}"/></AdaptationSet></Period></MPD>"#,
            period / 2, u64::MAX
        );
        play(&text, seed);
    }
}

fn line() -> impl Strategy<Value = String> {
    let number = prop_oneof![0..10_u64, any::<u64>()];
    (0..16_usize, number.clone(), number, "[ -~]{0,6}").prop_map(|(which, a, b, text)| match which {
        0 => format!("#EXT-X-TARGETDURATION:{a}"),
        1 => format!("#EXT-X-MEDIA-SEQUENCE:{a}"),
        2 => format!("#EXTINF:{}.{b},", a % 5000),
        3 => format!("#EXT-X-BYTERANGE:{a}@{b}"),
        4 => format!("#EXT-X-BYTERANGE:{a}"),
        5 => format!("#EXT-X-MAP:URI=\"{text}\",BYTERANGE=\"{a}@{b}\""),
        6 => format!("#EXT-X-KEY:METHOD=AES-128,URI=\"{text}\""),
        7 => format!("#EXT-X-PROGRAM-DATE-TIME:2026-11-21T11:59:{:02}Z", a % 60),
        8 => "#EXT-X-ENDLIST".into(),
        9 => format!("#EXT-X-STREAM-INF:BANDWIDTH={a},AUDIO=\"{text}\""),
        10 => format!("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{text}\",URI=\"{text}\""),
        11 => "#EXT-X-GAP".into(),
        12 => text,
        _ => format!("#EXTINF:{},\n{b}.ts", a % 20),
    })
}

/// Plays a manifest over a network of moods: the session begins and ends once, in order, in time.
fn play(manifest: &str, seed: u8) {
    let options = Options { duration_ms: 20_000, ..Options::default() };
    let mut player = Player::new("http://a/b/main", options, 1_795_262_400_000);
    let (mut now, mut steps, mut mood) = (0_u64, 0, u64::from(seed));
    loop {
        steps += 1;
        assert!(steps < 5000, "it does not end");
        match player.step(now) {
            Step::Done => break,
            Step::Wait(until) => now = until.max(now + 1),
            Step::Fetch(request) => {
                mood = mood.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let duration_ms = 1 + (mood >> 40) % 3000;
                now += duration_ms;
                let body = if request.is_read { manifest.as_bytes().to_vec() } else { Vec::new() };
                let answer = Answer { url: request.url, bytes: 100_000, body, ttfb_ms: 1, duration_ms };
                let failure = Failure { problem: Problem::Timeout, bytes: 0, ttfb_ms: None, duration_ms };
                player.answer(now, if mood >> 61 == 0 { Err(failure) } else { Ok(answer) });
            }
        }
    }
    let events = player.take_events();
    assert!(events.iter().map(|event| event.seq).eq(0..events.len() as u64));
    assert!(events.is_sorted_by_key(|event| event.t), "{events:?}");
    assert!(events.last().is_some_and(|last| last.t <= 20_000));
    let ends = events.iter().filter(|event| matches!(event.kind, EventKind::SessionEnd { .. })).count();
    assert_eq!(ends, 1);
}

#[test]
fn a_deep_document_is_refused_not_fatal() {
    let text = "<MPD>".to_owned() + &"<a>".repeat(300_000);
    assert!(read_mpd(&text, "http://a").is_err());
}
