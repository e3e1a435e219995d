//! A reader of both versions of remote write, written against their proto files and not against the encoder. The gateway's
//! tests read with it too.

#![allow(dead_code, unreachable_pub)]

use prost::Message;

/// A message of either version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Push {
    pub series: Vec<Series>,
    /// Of 1.0: family, type, help, unit. In 2.0 the series have it.
    pub metadata: Vec<(String, i32, String, String)>,
}

/// A series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    pub labels: Vec<(String, String)>,
    pub samples: Vec<Sample>,
    pub histograms: Vec<Histogram>,
    pub exemplars: Vec<Exemplar>,
    /// Of 2.0: type, help, unit.
    pub metadata: Option<(i32, String, String)>,
}

impl Series {
    pub fn label(&self, name: &str) -> &str {
        self.labels.iter().find(|(label, _)| label == name).map_or("", |(_, value)| value)
    }

    pub fn name(&self) -> &str {
        self.label("__name__")
    }
}

/// Labels, value and time.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    pub labels: Vec<(String, String)>,
    pub value: f64,
    pub timestamp: i64,
}

#[derive(Clone, PartialEq, Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeries1>,
    #[prost(message, repeated, tag = "3")]
    metadata: Vec<MetricMetadata>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeries1 {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    exemplars: Vec<Exemplar1>,
    #[prost(message, repeated, tag = "4")]
    histograms: Vec<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Exemplar1 {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(double, tag = "2")]
    value: f64,
    #[prost(int64, tag = "3")]
    timestamp: i64,
}

#[derive(Clone, PartialEq, Message)]
struct MetricMetadata {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(string, tag = "2")]
    family: String,
    #[prost(string, tag = "4")]
    help: String,
    #[prost(string, tag = "5")]
    unit: String,
}

#[derive(Clone, PartialEq, Message)]
struct Request2 {
    #[prost(string, repeated, tag = "4")]
    symbols: Vec<String>,
    #[prost(message, repeated, tag = "5")]
    timeseries: Vec<TimeSeries2>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeries2 {
    #[prost(uint32, repeated, tag = "1")]
    labels: Vec<u32>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    histograms: Vec<Histogram>,
    #[prost(message, repeated, tag = "4")]
    exemplars: Vec<Exemplar2>,
    #[prost(message, optional, tag = "5")]
    metadata: Option<Metadata2>,
}

#[derive(Clone, PartialEq, Message)]
struct Exemplar2 {
    #[prost(uint32, repeated, tag = "1")]
    labels: Vec<u32>,
    #[prost(double, tag = "2")]
    value: f64,
    #[prost(int64, tag = "3")]
    timestamp: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Metadata2 {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(uint32, tag = "3")]
    help: u32,
    #[prost(uint32, tag = "4")]
    unit: u32,
}

/// Of both; the last field is 2.0's.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Sample {
    #[prost(double, tag = "1")]
    pub value: f64,
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
    #[prost(int64, tag = "3")]
    pub start: i64,
}

/// Of both; the last field is 2.0's.
#[derive(Clone, PartialEq, Message)]
pub struct Histogram {
    #[prost(uint64, optional, tag = "1")]
    pub count: Option<u64>,
    #[prost(double, tag = "3")]
    pub sum: f64,
    #[prost(sint32, tag = "4")]
    pub schema: i32,
    #[prost(double, tag = "5")]
    pub zero_threshold: f64,
    #[prost(uint64, optional, tag = "6")]
    pub zero_count: Option<u64>,
    #[prost(message, repeated, tag = "11")]
    pub spans: Vec<Span>,
    #[prost(sint64, repeated, tag = "12")]
    pub deltas: Vec<i64>,
    #[prost(int64, tag = "15")]
    pub timestamp: i64,
    #[prost(int64, tag = "17")]
    pub start: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct Span {
    #[prost(sint32, tag = "1")]
    pub offset: i32,
    #[prost(uint32, tag = "2")]
    pub length: u32,
}

/// A `prometheus.WriteRequest`.
pub fn read_1_0(bytes: &[u8]) -> Push {
    let request = WriteRequest::decode(bytes).unwrap();
    let labels = |labels: Vec<Label>| labels.into_iter().map(|label| (label.name, label.value)).collect();
    let exemplar = |each: Exemplar1| Exemplar {
        labels: labels(each.labels),
        value: each.value,
        timestamp: each.timestamp,
    };
    let series = |each: TimeSeries1| Series {
        labels: labels(each.labels),
        samples: each.samples,
        histograms: each.histograms,
        exemplars: each.exemplars.into_iter().map(exemplar).collect(),
        metadata: None,
    };
    let metadata = |each: MetricMetadata| (each.family, each.kind, each.help, each.unit);
    Push {
        series: request.timeseries.into_iter().map(series).collect(),
        metadata: request.metadata.into_iter().map(metadata).collect(),
    }
}

/// An `io.prometheus.write.v2.Request`.
pub fn read_2_0(bytes: &[u8]) -> Push {
    let Request2 { symbols, timeseries } = Request2::decode(bytes).unwrap();
    assert_eq!(symbols[0], "");
    let text = |reference: u32| symbols[reference as usize].clone();
    let labels = |references: &[u32]| {
        references.chunks(2).map(|pair| (text(pair[0]), text(pair[1]))).collect::<Vec<_>>()
    };
    let exemplar = |each: Exemplar2| Exemplar {
        labels: labels(&each.labels),
        value: each.value,
        timestamp: each.timestamp,
    };
    let series = |each: TimeSeries2| Series {
        labels: labels(&each.labels),
        samples: each.samples,
        histograms: each.histograms,
        exemplars: each.exemplars.into_iter().map(exemplar).collect(),
        metadata: each.metadata.map(|about| (about.kind, text(about.help), text(about.unit))),
    };
    Push { series: timeseries.into_iter().map(series).collect(), metadata: Vec::new() }
}
