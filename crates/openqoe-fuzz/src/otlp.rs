//! Requests of OTLP metrics: any bytes, in both encodings. Whatever comes of them has names and labels Prometheus takes, one outcome a
//! point, and an exposition.

use openqoe_ingest::otlp::{Encoding, Labeling, decode_metrics, points};
use openqoe_metrics::{Foreign, ForeignLimits, SINKS, Snapshot};
use openqoe_spec::ForeignPoint;

const NOW: u64 = 1_700_000_000_000;

/// Small, so that it is reached.
const LIMITS: ForeignLimits =
    ForeignLimits { max_series: 4, max_streams: 4, max_metrics: 3, max_values: 2, idle: 1000, gauge: 1000 };

/// The first byte chooses the encoding; the request comes twice.
pub(crate) fn metrics(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let encoding = if first % 2 == 0 { Encoding::Json } else { Encoding::Protobuf };
    let labeling = Labeling::new(["service.name"], ["secret"], 4);
    let foreign = Foreign::new(LIMITS, 0);
    for now in [NOW, NOW + 2000] {
        let Ok(request) = decode_metrics(body, encoding) else { return };
        let collected = points(request, &labeling);
        collected.points.iter().for_each(check);
        let all = collected.points.len();
        let folded = foreign.fold("t", collected.points, now);
        assert_eq!(folded.outcomes.values().map(|(_, points)| points).sum::<usize>(), all);
        assert!(foreign.usage("t").streams <= LIMITS.max_streams);
        assert!(foreign.usage("t").series <= LIMITS.max_series + LIMITS.max_metrics);
        let mut snapshot = Snapshot::default();
        foreign.snapshot_into(now, &mut snapshot);
        for sink in &SINKS {
            let exposition = snapshot.encode(sink);
            assert!(!String::from_utf8_lossy(&exposition).contains("secret="));
        }
        foreign.expire(now);
    }
}

fn check(point: &ForeignPoint) {
    let is_name = |name: &str| {
        let rest = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':';
        name.bytes().all(rest) && !name.is_empty() && !name.as_bytes()[0].is_ascii_digit()
    };
    assert!(is_name(&point.metric.name) && point.labels.len() <= 4);
    for (name, value) in &point.labels {
        assert!(is_name(name) && !name.contains(':') && !name.starts_with("__") && !value.is_empty());
    }
    assert!(point.labels.is_sorted_by(|(a, _), (b, _)| a < b));
}

/// A request of every kind, in both encodings, and one with something wrong in it.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let number = r#"{"startTimeUnixNano":"1","timeUnixNano":"2","asInt":"3","attributes":[{"key":"a.b","value":{"stringValue":"x"}}]}"#;
    let histogram = r#"{"startTimeUnixNano":"1","timeUnixNano":"2","count":"2","sum":3,"bucketCounts":["1","1"],"explicitBounds":[1]}"#;
    let exponential = r#"{"startTimeUnixNano":"1","timeUnixNano":"2","count":"2","sum":3,"scale":3,"zeroCount":"1","positive":{"offset":4,"bucketCounts":["1"]}}"#;
    let kinds = [
        format!(r#""gauge":{{"dataPoints":[{number}]}}"#),
        format!(
            r#""sum":{{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{number},{{"asInt":"x"}}]}}"#
        ),
        format!(r#""histogram":{{"aggregationTemporality":1,"dataPoints":[{histogram}]}}"#),
        format!(r#""exponentialHistogram":{{"aggregationTemporality":2,"dataPoints":[{exponential}]}}"#),
    ];
    let bodies = kinds.iter().map(|kind| {
        format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"m.n","unit":"s",{kind}}}]}}]}}]}}"#)
    });
    let json = bodies.map(|body| [b"\0", body.as_bytes()].concat());
    // A gauge `g` of 1 at time 2, in binary.
    let point = [&[0x19, 2, 0, 0, 0, 0, 0, 0, 0, 0x31, 1, 0, 0, 0, 0, 0, 0, 0][..]].concat();
    let nested = |field: u8, inner: &[u8]| [&[field << 3 | 2, inner.len() as u8][..], inner].concat();
    let metric = [&[0x0a, 1, b'g'][..], &nested(5, &nested(1, &point))].concat();
    let binary = nested(1, &nested(2, &nested(2, &metric)));
    json.chain([[&[1][..], &binary].concat()]).collect()
}
