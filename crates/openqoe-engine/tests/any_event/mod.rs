//! Events a player may send, the frequent ones frequently.

use openqoe_spec::{AdPosition, AdResult, EventKind, Failure, LatencyClock, Trigger};
use proptest::prelude::*;

pub(crate) fn kind() -> impl Strategy<Value = EventKind> {
    let position = prop_oneof![Just(AdPosition::Pre), Just(AdPosition::Mid)];
    prop_oneof![
        4 => Just(EventKind::PlayRequest { trigger: Trigger::User }),
        6 => Just(EventKind::Playing),
        3 => Just(EventKind::Pause),
        4 => Just(EventKind::Stall),
        3 => Just(EventKind::SeekStart),
        3 => Just(EventKind::SeekEnd),
        2 => Just(EventKind::Ready),
        4 => (proptest::option::of(0..9000u64), proptest::option::of(1..4u64), any::<bool>()).prop_map(
            |(ahead_ms, megabits, fetched)| EventKind::Buffered {
                ahead_ms, bitrate: megabits.map(|megabits| megabits * 1_000_000), fetched,
            }
        ),
        1 => Just(EventKind::Ended),
        1 => any::<bool>().prop_map(|fatal| EventKind::Error {
            code: "E".into(), fatal, category: Failure::Technical
        }),
        2 => (1..5_000_000u64).prop_map(|bitrate| EventKind::Rendition { bitrate }),
        1 => prop_oneof![Just(0.5), Just(1.0), Just(2.0)].prop_map(|rate| EventKind::Rate { rate }),
        1 => any::<bool>().prop_map(|hidden| EventKind::Visibility { hidden }),
        3 => (0..60_000u64, 0..10_000u64).prop_map(|(buffer, frames)| EventKind::Heartbeat {
            buffer_ms: Some(buffer), latency_ms: Some(buffer), latency_clock: LatencyClock::Player,
            frames_decoded: Some(frames), frames_dropped: None,
        }),
        1 => position.prop_map(|position| EventKind::AdBreakStart { position }),
        1 => Just(EventKind::AdStart),
        1 => Just(EventKind::AdEnd { result: AdResult::Completed }),
        1 => Just(EventKind::AdBreakEnd),
        1 => proptest::option::of(0..3u8).prop_map(|value| EventKind::Custom {
            name: "probe".into(), value: value.map(f64::from)
        }),
    ]
}
