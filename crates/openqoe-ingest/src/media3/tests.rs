//! What senders are told of bad records, and that whatever comes in is taken or refused, one by one. What good ones mean stands in
//! `spec/vectors/media3`.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A playback of 3.5 s that waited half a second.
fn good() -> Json {
    let at = |ms, state| json!({ "eventTime": { "realtimeMs": ms }, "playbackState": state });
    json!({ "session_id": "s", "anchor": { "realtimeMs": 9000, "epochMs": 1_700_000_000_000_u64 },
        "playbackStateHistory": [at(1000, 2), at(1500, 3), at(5000, 15)] })
}

fn decoded(body: &str) -> Decoded {
    decode(&Payload::of(body.as_bytes())).unwrap()
}

fn message(change: impl Fn(&mut Json)) -> String {
    let mut record = good();
    change(&mut record);
    decoded(&record.to_string()).rejections.remove(0).message
}

fn remove(record: &mut Json, name: &str) -> Json {
    record.as_object_mut().unwrap().remove(name).unwrap()
}

#[test]
fn the_boot_clock_becomes_the_wall_clock() {
    let mut record = good();
    record["sent_at"] = json!(1_700_000_060_000_u64);
    let batch = decoded(&record.to_string()).batches.remove(0);
    assert_eq!(batch.started_at, 1_700_000_000_000 - 8000);
    assert_eq!(batch.sent_at, 1_700_000_060_000);
    assert_eq!(batch.events.last().unwrap().t, 4000);
}

/// A television that has just been switched on, and has not asked for the time yet.
#[test]
fn a_clock_that_is_not_set_leaves_the_age_as_it_is() {
    let mut record = good();
    record["anchor"]["epochMs"] = json!(1000);
    let batch = decoded(&record.to_string()).batches.remove(0);
    assert_eq!((batch.started_at, batch.sent_at), (0, 8000));
}

#[test]
fn what_is_refused_is_told_with_what_to_do() {
    let renamed = message(|record| {
        let history = remove(record, "playbackStateHistory");
        record["playback_state_history"] = history;
    });
    assert_eq!(renamed, "`playbackStateHistory` is missing: is `playback_state_history` meant for it?");
    let no_clock = message(|record| drop(remove(record, "anchor")));
    assert_eq!(no_clock, "`anchor` is missing: see docs/guide/media3.md");
    let wrong = message(|record| record["playbackStateHistory"][1]["playbackState"] = json!(8));
    assert!(wrong.starts_with("playbackStateHistory[1].playbackState: 8 is none of"), "{wrong}");
    let half = message(|record| record["playbackStateHistory"][1]["eventTime"] = json!({}));
    assert!(half.starts_with("`realtimeMs` is missing in playbackStateHistory[1].eventTime"), "{half}");
    let rebooted = message(|record| record["anchor"]["realtimeMs"] = json!(10));
    assert!(rebooted.contains("begins anew with every boot"), "{rebooted}");
    let unfinished = message(|record| drop(record["playbackStateHistory"].as_array_mut().unwrap().pop()));
    assert!(unfinished.contains("onPlaybackStatsReady"), "{unfinished}");
    let no_history = message(|record| record["playbackStateHistory"] = json!([]));
    assert!(no_history.contains("keepHistory"), "{no_history}");
    let long = message(|record| {
        record["videoFormatHistory"] = vec![json!({ "eventTime": { "realtimeMs": 1 } }); 2001].into()
    });
    assert!(long.contains("more than 2000 entries"), "{long}");
}

/// A week of playing is 6720 signs of life.
#[test]
fn a_few_bytes_do_not_become_any_number_of_events() {
    let week = 7 * 24 * 3_600_000_u64;
    let mut record = good();
    record["anchor"]["realtimeMs"] = json!(1000 + week);
    record["playbackStateHistory"][2]["eventTime"]["realtimeMs"] = json!(1000 + week);
    let body = |records| json!(vec![record.clone(); records]).to_string();
    assert_eq!(decoded(&body(2)).accepted(), 2 * (6719 + 5));
    let refused = decode(&Payload::of(body(3).as_bytes())).unwrap_err();
    assert_eq!(refused.reason, BatchRejection::TooManyEvents);
    assert!(refused.message.contains("20000 events"), "{}", refused.message);
}

#[test]
fn attributes_are_told_of_and_left_out() {
    let mut record = good();
    record["attributes"] = json!({ "assetId": "a", "country": "Atlantis", "cdn": "east" });
    let decoded = decoded(&record.to_string());
    assert_eq!(decoded.warnings.len(), 2);
    assert_eq!(decoded.warnings[0], "unknown attribute `assetId`, did you mean `asset_id`?");
    assert!(decoded.warnings[1].starts_with("attributes.country "), "{:?}", decoded.warnings);
}

fn time() -> impl Strategy<Value = Json> {
    prop_oneof![
        8 => (0..10_000_u64).prop_map(Json::from),
        1 => any::<u64>().prop_map(Json::from),
        1 => any::<i64>().prop_map(Json::from),
        1 => any::<f64>().prop_map(Json::from),
    ]
}

/// An entry of any history.
fn entry() -> impl Strategy<Value = Json> {
    (time(), -1..17_i64, any::<Option<i64>>(), "[A-Z_]{0,8}").prop_map(|(at, state, bitrate, code)| {
        json!({ "eventTime": { "realtimeMs": at }, "playbackState": state, "format": { "bitrate": bitrate.unwrap_or(-1) },
            "exception": { "errorCodeName": code } })
    })
}

fn history() -> impl Strategy<Value = Json> {
    proptest::collection::vec(entry(), 0..8).prop_map(|mut entries| {
        entries.sort_by_key(|entry| entry["eventTime"]["realtimeMs"].as_u64());
        Json::from(entries)
    })
}

prop_compose! {
    fn record()(
        histories in proptest::collection::vec(history(), 6),
        media in proptest::collection::vec((time(), time()), 0..4),
        realtime in prop_oneof![3 => Just(json!(20_000)), 1 => time()],
        epoch in time(),
        sent in time(),
        ends in prop_oneof![9 => Just(Some(15)), 1 => Just(None)],
    ) -> Json {
        let mut states = histories[0].clone();
        if let Some(state) = ends {
            states.as_array_mut().unwrap().push(json!({ "eventTime": { "realtimeMs": 11_000 }, "playbackState": state }));
        }
        json!({ "session_id": "s", "anchor": { "realtimeMs": realtime, "epochMs": epoch }, "sent_at": sent,
            "playbackStateHistory": states, "videoFormatHistory": histories[1], "audioFormatHistory": histories[2],
            "fatalErrorHistory": histories[3], "nonFatalErrorHistory": histories[4], "mediaTimeHistory": media,
            "ads": [{ "playbackStateHistory": histories[5] }] })
    }
}

proptest! {
    #[test]
    fn each_record_is_taken_or_refused(records in proptest::collection::vec(record(), 1..5)) {
        let decoded = decoded(&json!(records).to_string());
        prop_assert_eq!(decoded.batches.len() + decoded.rejections.len(), records.len());
        for batch in &decoded.batches {
            prop_assert!(batch.started_at <= batch.sent_at);
            prop_assert!(batch.events.iter().zip(0..).all(|(event, seq)| event.seq == seq));
            prop_assert!(batch.events.windows(2).all(|pair| pair[0].t <= pair[1].t));
            prop_assert_eq!(batch.events.last().unwrap().kind.name(), "session_end");
        }
    }
}
