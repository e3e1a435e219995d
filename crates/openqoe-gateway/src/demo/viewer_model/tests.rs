//! Every simulated view is a legal one (spec/registry/events.yaml), and the audience as a whole is what it is meant to be.

use openqoe_spec::EventKind;

use super::super::schedule::Schedule;
use super::super::script::Moment;
use super::{View, view};

const NEVER: Schedule = Schedule { first_ms: u64::MAX, lasts_ms: 0, every_ms: 1 };
const ALWAYS: Schedule = Schedule { first_ms: 0, lasts_ms: 1, every_ms: 1 };

fn views(count: u64, schedule: Schedule) -> impl Iterator<Item = View> {
    (0..count).map(move |number| view(number % 7, number, number / 3, number * 1_000, &schedule))
}

/// What the viewer sees, as far as an event stream tells.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Idle,
    Starting,
    Playing,
    Stalled,
    Seeking,
    Sought,
    Paused,
    Break,
    Ad,
    AdStalled,
    AfterBreak,
    Over,
    Closed,
}

/// The next stage; panics where the event has no business in this one.
fn follow(stage: Stage, started: bool, moment: &Moment) -> Stage {
    use EventKind as E;
    use Stage as S;
    match (stage, &moment.kind) {
        (_, E::SessionStart) => panic!("session_start twice"),
        (S::Closed, _) => panic!("after the end: {moment:?}"),
        (_, E::SessionEnd { .. }) => S::Closed,
        (stage, E::Heartbeat { .. }) => stage,
        (S::Over, _) => panic!("after ended or a fatal error: {moment:?}"),
        (S::Starting | S::Playing, E::Error { fatal: true, .. }) => S::Over,
        (S::Playing, E::Error { .. } | E::Rate { .. } | E::Rendition { .. } | E::Download { .. }) => {
            S::Playing
        }
        (stage @ (S::Stalled | S::Starting | S::Seeking | S::Sought | S::AfterBreak), E::Download { .. }) => {
            stage
        }
        (stage @ (S::Playing | S::Paused), E::Visibility { .. }) => stage,
        (stage @ (S::Starting | S::AfterBreak), E::Custom { .. }) => stage,
        (S::Idle, E::PlayRequest { .. }) => S::Starting,
        (S::Paused, E::PlayRequest { .. }) => S::Starting,
        (S::Starting | S::Stalled | S::Sought | S::AfterBreak, E::Playing) => S::Playing,
        (S::Playing, E::Stall) => S::Stalled,
        (S::Playing, E::SeekStart) => S::Seeking,
        (S::Seeking, E::SeekEnd) => S::Sought,
        (S::Playing, E::Pause) => S::Paused,
        (S::Playing, E::Ended) => S::Over,
        (S::Playing, E::AdBreakStart { .. }) => S::Break,
        (S::Starting, E::AdBreakStart { .. }) if !started => S::Break,
        (S::Break, E::AdStart) => S::Ad,
        (S::Break, E::AdError { .. }) => S::Break,
        (S::Ad, E::Stall) => S::AdStalled,
        (S::AdStalled, E::Playing) => S::Ad,
        (S::Ad, E::AdEnd { .. }) => S::Break,
        (S::Break, E::AdBreakEnd) => S::AfterBreak,
        _ => panic!("{moment:?} while {stage:?}"),
    }
}

#[test]
fn every_view_is_legal() {
    for view in views(1_500, Schedule::default()).chain(views(500, ALWAYS)) {
        let [first, rest @ ..] = view.moments.as_slice() else { panic!("a view without events") };
        assert_eq!((first.t, first.kind.name()), (0, "session_start"));
        let mut stage = Stage::Idle;
        let mut started = false;
        for (before, moment) in view.moments.iter().zip(rest) {
            assert!(before.t <= moment.t, "t goes back: {before:?} {moment:?}");
            stage = follow(stage, started, moment);
            started |= stage == Stage::Playing;
        }
        assert_eq!(view.attributes["content_type"], "simulated");
        assert!(view.session_id.len() <= 64);
    }
}

#[test]
fn heartbeats_come_each_ten_seconds_and_count_on() {
    for view in views(300, Schedule::default()) {
        let mut frames = (0, 0);
        let mut beats = 0;
        for moment in &view.moments {
            let EventKind::Heartbeat { frames_decoded, frames_dropped, latency_ms, .. } = moment.kind else {
                continue;
            };
            beats += 1;
            assert_eq!(moment.t, beats * 10_000);
            let now = (frames_decoded.unwrap(), frames_dropped.unwrap());
            assert!(now.0 >= frames.0 && now.1 >= frames.1 && now.1 <= now.0);
            assert_eq!(latency_ms.is_some(), view.attributes["is_live"] == true);
            frames = now;
        }
        assert_eq!(beats, view.moments.last().unwrap().t / 10_000);
    }
}

fn startup_ms(view: &View) -> Option<u64> {
    let first = |wanted: fn(&EventKind) -> bool| view.moments.iter().find(|moment| wanted(&moment.kind));
    let requested = first(|kind| matches!(kind, EventKind::PlayRequest { .. }))?;
    Some(first(|kind| matches!(kind, EventKind::Playing | EventKind::AdStart))?.t - requested.t)
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

fn count(views: &[View], wanted: fn(&EventKind) -> bool) -> usize {
    views.iter().flat_map(|view| &view.moments).filter(|moment| wanted(&moment.kind)).count()
}

#[test]
fn the_audience_is_what_it_is_meant_to_be() {
    let views: Vec<View> = views(3_000, NEVER).collect();
    let startup = median(views.iter().filter_map(startup_ms).collect());
    assert!((600..800).contains(&startup), "startup {startup} ms");
    let length = median(views.iter().map(|view| view.moments.last().unwrap().t).collect());
    assert!((150_000..240_000).contains(&length), "length {length} ms");
    let failures = count(&views, |kind| matches!(kind, EventKind::Error { fatal: true, .. }));
    assert!((10..80).contains(&failures), "fatal errors {failures}");
    let vanished =
        views.iter().filter(|view| view.moments.last().unwrap().kind.name() != "session_end").count();
    assert!((60..300).contains(&vanished), "vanished {vanished}");
    // `ready` and `buffered` are for reporters that do not tell what is seen; these do.
    for name in EventKind::NAMES.iter().filter(|name| !matches!(**name, "ready" | "buffered")) {
        assert!(
            views.iter().any(|view| view.moments.iter().any(|moment| moment.kind.name() == *name)),
            "no {name}"
        );
    }
}

#[test]
fn the_fault_is_felt_on_its_cdn_only() {
    let on = |cdn: &'static str, schedule| {
        views(1_000, schedule).filter(move |view| view.attributes["cdn"] == cdn).collect::<Vec<View>>()
    };
    let stalls =
        |views: &[View]| count(views, |kind| matches!(kind, EventKind::Stall)) as f64 / views.len() as f64;
    let startup = |views: &[View]| median(views.iter().filter_map(startup_ms).collect()) as f64;
    let (usual, degraded) = (on("edge-b", NEVER), on("edge-b", ALWAYS));
    assert!(stalls(&degraded) > 5.0 * stalls(&usual), "{} {}", stalls(&degraded), stalls(&usual));
    assert!((3.0..5.0).contains(&(startup(&degraded) / startup(&usual))));
    let (usual, degraded) = (on("edge-a", NEVER), on("edge-a", ALWAYS));
    assert_eq!((stalls(&usual), startup(&usual)), (stalls(&degraded), startup(&degraded)));
}
