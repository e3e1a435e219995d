//! Exemplars name a trace where one is sure to be exported, in every format alike.

use std::sync::Arc;

use openqoe_spec::metrics::view::Histogram;
use openqoe_spec::{Attribute, Attributes, Exemplar, Measurement, Recorder, TraceId};

use super::remote_write_wire::read_2_0;
use crate::{
    Guard, Histograms, Limits, RemoteWrite, RemoteWriteOptions, SINKS, Snapshot, Started, Table, Traces,
};

const AT: u64 = 1_700_000_000_000;

/// Startups of these milliseconds, each of a session of its own.
fn startups(traces: Option<Traces>, times: &[f64]) -> Snapshot {
    table(traces, times, &Attributes::default()).snapshot()
}

fn table(traces: Option<Traces>, times: &[f64], attributes: &Attributes) -> Table {
    let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
    traces.into_iter().for_each(|traces| table.point_to(traces));
    let set = table.intern("t", attributes);
    for (number, ms) in times.iter().enumerate() {
        let session_id = format!("s{number}");
        let exemplar = Exemplar { session_id: &session_id, at: AT + number as u64, is_traced: false };
        table.record(set, Measurement::Observe(Histogram::StartupTimeSeconds, *ms, Some(exemplar)));
    }
    table
}

fn exemplars(snapshot: &Snapshot) -> Vec<String> {
    let text = String::from_utf8(snapshot.encode(&SINKS[1])).unwrap();
    text.lines().filter_map(|line| Some(line.split_once(" # ")?.1.to_owned())).collect()
}

#[test]
fn a_slow_startup_names_its_trace_and_an_ordinary_one_its_share() {
    let trace = |session: &str| TraceId::of(session).to_string();
    let slow = Traces { share: 0.0, slow_startup: Some(5000.0) };
    let expected = [
        r#"{session_id="s0"} 0.7 1700000000"#.to_owned(),
        format!(r#"{{session_id="s1",trace_id="{}"}} 6 1700000000.001"#, trace("s1")),
    ];
    assert_eq!(exemplars(&startups(Some(slow), &[700.0, 6000.0])), expected);
    let all = exemplars(&startups(Some(Traces { share: 1.0, slow_startup: None }), &[700.0, 6000.0]));
    assert!(all.iter().all(|exemplar| exemplar.contains("trace_id")), "{all:?}");
    let none = exemplars(&startups(None, &[700.0, 6000.0]));
    assert!(none.iter().all(|exemplar| !exemplar.contains("trace_id")), "{none:?}");
}

#[test]
fn exemplars_of_a_checkpoint_name_their_traces_again() {
    let traces = Traces { share: 0.5, slow_startup: Some(5000.0) };
    let mut attributes = Attributes::default();
    for attribute in [Attribute::ExperimentId, Attribute::ExperimentVariant] {
        attributes.set(attribute, "x").unwrap();
    }
    let before = table(Some(traces), &[200.0, 700.0, 1200.0, 5000.0, 6000.0, 40_000.0], &attributes);
    let guard = Arc::new(Guard::new(Limits::default()));
    let mut after = Table::restore(guard, &before.save()).unwrap();
    after.point_to(traces);
    let shown = exemplars(&before.snapshot());
    assert!(shown.iter().any(|exemplar| !exemplar.contains("trace_id")), "{shown:?}");
    assert_eq!(exemplars(&after.snapshot()), shown);
}

#[test]
fn remote_write_and_protobuf_carry_the_trace_too() {
    let snapshot = startups(Some(Traces { share: 1.0, slow_startup: None }), &[700.0]);
    let trace = TraceId::of("s0").to_string();
    let protobuf = snapshot.encode(&SINKS[2]);
    assert!(protobuf.windows(trace.len()).any(|window| window == trace.as_bytes()));
    let options = RemoteWriteOptions {
        histograms: Histograms::Classic,
        max_samples: 1000,
        external_labels: Vec::new(),
        started: Started { process: AT, state: None },
    };
    let messages = RemoteWrite::new(options).encode(&snapshot, AT);
    let series = read_2_0(&messages[0].bytes).series;
    let labels = series.iter().find_map(|series| Some(series.exemplars.first()?.labels.clone())).unwrap();
    assert_eq!(labels, [("session_id".to_owned(), "s0".to_owned()), ("trace_id".to_owned(), trace)]);
}
