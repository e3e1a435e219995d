//! The formats a snapshot can be encoded in, one row each in [`SINKS`]. A format is added with a file here and a row there.

mod foreign_protobuf;
mod foreign_text;
pub(crate) mod known;
mod known_foreign;
pub(crate) mod metric_family;
pub(crate) mod otlp;
mod protobuf;
pub(crate) mod remote_write;
mod text;

use crate::snapshot::Snapshot;

/// One format.
#[derive(Debug)]
pub struct Sink {
    /// What it is called in configuration and logs.
    pub name: &'static str,
    /// The `Content-Type` of its expositions.
    pub content_type: &'static str,
    /// Type and subtype of the content type.
    pub(crate) media_type: (&'static str, &'static str),
    /// Parameters a media range must not contradict.
    pub(crate) parameters: &'static [(&'static str, &'static str)],
    /// Appends the exposition of a snapshot.
    pub encode: fn(&Snapshot, &mut Vec<u8>),
}

/// Every format; the first is what a client gets that asks for none.
pub static SINKS: [Sink; 3] = [
    Sink {
        name: "text",
        content_type: "text/plain; version=0.0.4; charset=utf-8",
        media_type: ("text", "plain"),
        parameters: &[("version", "0.0.4")],
        encode: text::encode_text,
    },
    Sink {
        name: "openmetrics",
        content_type: "application/openmetrics-text; version=1.0.0; charset=utf-8",
        media_type: ("application", "openmetrics-text"),
        parameters: &[("version", "1.0.0")],
        encode: text::encode_openmetrics,
    },
    Sink {
        name: "protobuf",
        content_type: "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
        media_type: ("application", "vnd.google.protobuf"),
        parameters: &[("proto", "io.prometheus.client.MetricFamily"), ("encoding", "delimited")],
        encode: protobuf::encode,
    },
];
