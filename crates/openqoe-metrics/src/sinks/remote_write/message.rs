//! The messages of `io/prometheus/write/v2/types.proto`, as far as they are written here, at version 2.0-rc.4 of
//! <https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/>: since then a start timestamp belongs to the sample and not
//! to the series. `Sample`, `Histogram` and `BucketSpan` of 1.0 have the same fields at the same numbers, but for it.

/// Series and the strings they refer to.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Request {
    /// The first is empty.
    #[prost(string, repeated, tag = "4")]
    pub(crate) symbols: Vec<String>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) timeseries: Vec<TimeSeries>,
}

/// One series: samples or histograms, never both.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TimeSeries {
    /// Name, value, name, value; sorted by name.
    #[prost(uint32, repeated, tag = "1")]
    pub(crate) labels_refs: Vec<u32>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) samples: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) histograms: Vec<Histogram>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) exemplars: Vec<Exemplar>,
    #[prost(message, optional, tag = "5")]
    pub(crate) metadata: Option<Metadata>,
}

/// A number at a time.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Sample {
    #[prost(double, tag = "1")]
    pub(crate) value: f64,
    /// Epoch ms.
    #[prost(int64, tag = "2")]
    pub(crate) timestamp: i64,
    /// Epoch ms; 0 is unknown.
    #[prost(int64, tag = "3")]
    pub(crate) start_timestamp: i64,
}

/// A session to look at.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Exemplar {
    #[prost(uint32, repeated, tag = "1")]
    pub(crate) labels_refs: Vec<u32>,
    #[prost(double, tag = "2")]
    pub(crate) value: f64,
    /// Epoch ms.
    #[prost(int64, tag = "3")]
    pub(crate) timestamp: i64,
}

/// What the series' metric is.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct Metadata {
    #[prost(enumeration = "MetricType", tag = "1")]
    pub(crate) r#type: i32,
    #[prost(uint32, tag = "3")]
    pub(crate) help_ref: u32,
    #[prost(uint32, tag = "4")]
    pub(crate) unit_ref: u32,
}

/// The kinds there are here; the numbers are those of 1.0 too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum MetricType {
    Unspecified = 0,
    Counter = 1,
    Gauge = 2,
    Histogram = 3,
}

/// A native histogram at a time. Our own values are never negative; those of others may be.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Histogram {
    /// Of a oneof, like `zero_count_int`: written even when it is 0.
    #[prost(uint64, optional, tag = "1")]
    pub(crate) count_int: Option<u64>,
    #[prost(double, tag = "3")]
    pub(crate) sum: f64,
    #[prost(sint32, tag = "4")]
    pub(crate) schema: i32,
    #[prost(double, tag = "5")]
    pub(crate) zero_threshold: f64,
    #[prost(uint64, optional, tag = "6")]
    pub(crate) zero_count_int: Option<u64>,
    #[prost(message, repeated, tag = "8")]
    pub(crate) negative_spans: Vec<BucketSpan>,
    #[prost(sint64, repeated, tag = "9")]
    pub(crate) negative_deltas: Vec<i64>,
    #[prost(message, repeated, tag = "11")]
    pub(crate) positive_spans: Vec<BucketSpan>,
    #[prost(sint64, repeated, tag = "12")]
    pub(crate) positive_deltas: Vec<i64>,
    /// Epoch ms.
    #[prost(int64, tag = "15")]
    pub(crate) timestamp: i64,
    /// Epoch ms; 0 is unknown.
    #[prost(int64, tag = "17")]
    pub(crate) start_timestamp: i64,
}

/// A run of native buckets.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct BucketSpan {
    /// Buckets left out since the span before; for the first span its bucket's index.
    #[prost(sint32, tag = "1")]
    pub(crate) offset: i32,
    #[prost(uint32, tag = "2")]
    pub(crate) length: u32,
}
