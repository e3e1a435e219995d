//! From a message of remote write 2.0 to one of 1.0 (`prometheus.WriteRequest`,
//! <https://prometheus.io/docs/specs/prw/remote_write_spec/>): every series spells its labels out. What 1.0 has no place for,
//! start timestamps, is left out.
//!
//! Labels are most of such a message, so they are copied from the symbols to the bytes, with no `String` of their own.

use std::collections::BTreeMap;

use prost::Message;
use prost::encoding::{self, WireType, encode_key, encode_varint, encoded_len_varint};

use super::message::{Exemplar, Histogram, Metadata, MetricType, Request, Sample, TimeSeries};

/// Fields of `WriteRequest`.
const TIMESERIES: u32 = 1;
const METADATA: u32 = 3;
/// Fields of `TimeSeries`.
const LABELS: u32 = 1;
const SAMPLES: u32 = 2;
const EXEMPLARS: u32 = 3;
const HISTOGRAMS: u32 = 4;

/// The message in 1.0, with the metadata of its metrics if wanted; `None` when the bytes are no message of 2.0.
pub fn to_1_0(message: &[u8], metadata: bool) -> Option<Vec<u8>> {
    let request = Request::decode(message).ok()?;
    let symbol = |reference: u32| request.symbols.get(reference as usize);
    let mut out = Vec::with_capacity(message.len() * 4);
    let mut series = Vec::new();
    let mut families = BTreeMap::new();
    for each in &request.timeseries {
        series.clear();
        push_series(&mut series, each, &symbol)?;
        push_delimited(&mut out, TIMESERIES, &series);
        if let Some(about) = each.metadata.filter(|_| metadata) {
            families.insert(family(each, about, &symbol)?, about);
        }
    }
    for (name, about) in families {
        let (help, unit) = (symbol(about.help_ref)?.clone(), symbol(about.unit_ref)?.clone());
        let message =
            MetricMetadata { r#type: about.r#type, metric_family_name: name.to_owned(), help, unit };
        encoding::message::encode(METADATA, &message, &mut out);
    }
    Some(out)
}

/// `prometheus.MetricMetadata`.
#[derive(Clone, PartialEq, prost::Message)]
struct MetricMetadata {
    #[prost(enumeration = "MetricType", tag = "1")]
    r#type: i32,
    #[prost(string, tag = "2")]
    metric_family_name: String,
    #[prost(string, tag = "4")]
    help: String,
    #[prost(string, tag = "5")]
    unit: String,
}

fn push_series<'a>(
    out: &mut Vec<u8>,
    series: &TimeSeries,
    symbol: &impl Fn(u32) -> Option<&'a String>,
) -> Option<()> {
    push_labels(out, &series.labels_refs, symbol)?;
    for sample in &series.samples {
        encoding::message::encode(SAMPLES, &Sample { start_timestamp: 0, ..*sample }, out);
    }
    let mut inner = Vec::new();
    for exemplar in &series.exemplars {
        inner.clear();
        push_labels(&mut inner, &exemplar.labels_refs, symbol)?;
        let rest = Exemplar { labels_refs: Vec::new(), ..exemplar.clone() };
        // Encoding fails only when the buffer is full, and a `Vec` grows.
        let _ = rest.encode(&mut inner);
        push_delimited(out, EXEMPLARS, &inner);
    }
    for histogram in &series.histograms {
        let histogram = Histogram { start_timestamp: 0, ..histogram.clone() };
        encoding::message::encode(HISTOGRAMS, &histogram, out);
    }
    Some(())
}

/// Labels are field 1 of a series and of an exemplar.
fn push_labels<'a>(
    out: &mut Vec<u8>,
    references: &[u32],
    symbol: &impl Fn(u32) -> Option<&'a String>,
) -> Option<()> {
    for pair in references.chunks_exact(2) {
        let (name, value) = (symbol(pair[0])?, symbol(pair[1])?);
        let length = |text: &str| 1 + encoded_len_varint(text.len() as u64) + text.len();
        encode_key(LABELS, WireType::LengthDelimited, out);
        encode_varint((length(name) + length(value)) as u64, out);
        encoding::string::encode(1, name, out);
        encoding::string::encode(2, value, out);
    }
    Some(())
}

/// The name of a series' metric, which for a classic histogram is not that of the series.
fn family<'a>(
    series: &TimeSeries,
    about: Metadata,
    symbol: &impl Fn(u32) -> Option<&'a String>,
) -> Option<&'a str> {
    let mut pairs = series.labels_refs.chunks_exact(2);
    let name = symbol(pairs.find(|pair| symbol(pair[0]).is_some_and(|name| name == "__name__"))?[1])?;
    let classic = about.r#type == MetricType::Histogram as i32 && series.histograms.is_empty();
    let stem = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
    Some(stem.filter(|_| classic).unwrap_or(name))
}

fn push_delimited(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}
