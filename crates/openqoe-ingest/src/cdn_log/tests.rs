//! Whatever the lines are: nothing panics, each has exactly one outcome, and nothing private comes out.

#![allow(clippy::unwrap_used)]

use openqoe_spec::{EventKind, Rejected};
use proptest::prelude::*;

use super::decode;
use crate::protocol::{Decoded, Payload, Refused};

const FORMATS: [&str; 5] = ["cloudfront", "akamai", "fastly", "nginx", "custom"];

fn read(query: &str, body: &str) -> Result<Decoded, Refused> {
    decode(&Payload { body: body.as_bytes(), query, header: &|_| None })
}

fn custom(body: &str) -> Decoded {
    read("format=custom&fields=time,query,status,bytes,duration_ms,user_agent,-&separator=comma", body)
        .unwrap()
}

/// Lines that ended in an event, told apart by their downloads, of which each good line has one.
fn downloads(decoded: &Decoded) -> usize {
    let events = decoded.batches.iter().flat_map(|batch| &batch.events);
    events.filter(|event| matches!(event.kind, EventKind::Download { .. })).count()
}

proptest! {
    #[test]
    fn any_bytes_are_read_and_every_line_has_one_outcome(
        format in 0..FORMATS.len(),
        lines in prop::collection::vec(line(), 0..20),
    ) {
        let query = format!("format={}&fields=time,query,status,bytes,duration_ms,-&separator=comma", FORMATS[format]);
        let body = lines.join("\n");
        let decoded = read(&query, &body).unwrap();
        let expected = lines.iter().flat_map(|line| line.split('\n')).map(|line| line.trim_ascii());
        let expected = expected.filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        prop_assert_eq!(downloads(&decoded) + decoded.rejections.len(), expected);
        for batch in &decoded.batches {
            prop_assert!((1..=64).contains(&batch.session_id.len()));
            prop_assert!(batch.events.iter().all(|event| event.seq < 16));
        }
    }

    #[test]
    fn any_parameters_are_read(query in "\\PC{0,60}", body in "\\PC{0,60}") {
        let _ = read(&query, &body);
        let _ = read(&format!("format=custom&{query}"), &body);
        let _ = read(&format!("format=custom&fields={query}&separator={query}"), &body);
    }

    #[test]
    fn the_order_of_lines_means_nothing(order in Just((0..12u64).collect::<Vec<_>>()).prop_shuffle()) {
        let line = |n: &u64| format!("{}.5,CMCD=ot%3Dv%2Csid%3D%22s%22%2Csta%3Dp%2Cbl%3D2000,200,{n},30,-,-", 1_700_000_000 + n);
        let of = |order: &[u64]| custom(&order.iter().map(line).collect::<Vec<_>>().join("\n")).batches[0].clone();
        let sorted: Vec<u64> = (0..12).collect();
        let told = |batch: openqoe_spec::Batch| {
            let events = batch.events.into_iter().filter(|event| !matches!(event.kind, EventKind::Heartbeat { .. }));
            events.collect::<Vec<_>>()
        };
        prop_assert_eq!(told(of(&order)), told(of(&sorted)));
    }
}

/// Something between noise and a good line.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,80}",
        "[0-9.]{1,14},(CMCD=)?(sid%3D%22[a-z]{1,3}%22|bs|%22|=){0,3},[0-9]{0,4},[0-9]{0,20},[0-9]{0,9},-",
        Just("1700000000.5,CMCD=ot%3Dv%2Csid%3D%22s%22%2Csn%3D3,200,1000,30,-".to_owned()),
        Just("{\"begin\":1700000000,\"time\":1700000000,\"cmcd\":\"sid=\\\"s\\\"\"}".to_owned()),
    ]
}

#[test]
fn a_line_without_a_session_is_told_from_a_broken_one() {
    let decoded = custom(
        "1700000000,v=1,200,1,1,-,-\n1700000000,CMCD=bl%3D100,200,1,1,-,-\n1700000000,CMCD=%3D,200,1,1,-,-\nbroken\n\
         soon,CMCD=sid%3D%22s%22,200,1,1,-,-\n1700000000,CMCD=sid%3D%22s%22%2Cv%3D3,200,1,1,-,-",
    );
    let reasons: Vec<_> =
        decoded.rejections.iter().map(|rejection| (rejection.index, rejection.reason)).collect();
    use Rejected::{InvalidField, MalformedEvent, MissingField, NoSession};
    let expected = [
        (0, NoSession),
        (1, NoSession),
        (2, MalformedEvent),
        (3, MalformedEvent),
        (4, MissingField),
        (5, InvalidField),
    ];
    assert_eq!(reasons, expected);
}

#[test]
fn what_is_wrong_with_a_request_is_said() {
    let message = |query: &str| read(query, "x").unwrap_err().message;
    assert!(message("format=cloudfrnt").contains("did you mean `cloudfront`?"));
    assert!(message("").contains("not one of cloudfront, akamai, fastly, nginx, custom"));
    assert!(message("format=custom&fields=time,staus").contains("did you mean `status`?"));
    assert!(message("format=custom&fields=time&separator=abc").contains("`separator`"));
    assert!(
        read("format=custom&fields=time", &"x\n".repeat(1001)).unwrap_err().message.contains("1000 lines")
    );
}

#[test]
fn the_age_of_lines_is_that_of_the_sender() {
    let line = "1700000000,CMCD=sid%3D%22s%22,200,1,1000,-,-";
    let query = "format=custom&fields=time,query,status,bytes,duration_ms,-,-&separator=,";
    let told = read(&format!("{query}&sent=1700086400000"), line).unwrap();
    assert_eq!((told.batches[0].started_at, told.batches[0].sent_at), (1_699_999_999_000, 1_700_086_400_000));
    let pushed = read(query, line).unwrap();
    assert_eq!(pushed.batches[0].sent_at, 1_700_000_000_000);
}

#[test]
fn of_a_device_two_words_stay() {
    let decoded = custom(
        "1700000000,CMCD=sid%3D%22s%22,200,1,1,\"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X, secret\",192.0.2.7",
    );
    let attributes = format!("{:?}", decoded.batches[0]);
    assert!(attributes.contains("ios") && attributes.contains("mobile"), "{attributes}");
    assert!(!attributes.contains("secret") && !attributes.contains("192.0.2.7"), "{attributes}");
}
