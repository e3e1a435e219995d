//! Foreign series in the two text formats. A native histogram is told in classic buckets, powers of two, for there is no other way.

use openqoe_spec::ForeignExemplar;

use super::text::Dialect;
use crate::foreign::{Exposed, ForeignFamily, ForeignSeries, Value};
use crate::number::{push_count, push_number};

/// Appends a family.
pub(super) fn push_foreign(dialect: &Dialect, family: &ForeignFamily, out: &mut Vec<u8>) {
    let metric = &family.metric;
    dialect.metadata(&metric.name, &metric.help, metric.kind, &metric.unit, out);
    for series in &family.series {
        match (&series.value, series.histogram()) {
            (Value::Number(value), _) => {
                push_name(out, &metric.name, "", series, None);
                push_number(out, *value);
                if dialect.openmetrics {
                    series.exemplars.last().into_iter().for_each(|kept| push_exemplar(out, kept));
                }
                out.push(b'\n');
            }
            (_, Some(histogram)) => push_histogram(dialect, &metric.name, series, &histogram, out),
            (_, None) => {}
        }
    }
}

fn push_histogram(
    dialect: &Dialect,
    name: &str,
    series: &ForeignSeries,
    histogram: &Exposed<'_>,
    out: &mut Vec<u8>,
) {
    let mut above = f64::NEG_INFINITY;
    for (bound, count) in &histogram.buckets {
        let mut label = b"le=\"".to_vec();
        (dialect.bound)(&mut label, *bound);
        label.push(b'"');
        push_name(out, name, "_bucket", series, Some(&label));
        push_count(out, *count);
        if dialect.openmetrics {
            series.exemplar(above, *bound).into_iter().for_each(|kept| push_exemplar(out, kept));
        }
        out.push(b'\n');
        above = *bound;
    }
    push_name(out, name, "_sum", series, None);
    push_number(out, histogram.sum);
    out.push(b'\n');
    push_name(out, name, "_count", series, None);
    push_count(out, histogram.count);
    out.push(b'\n');
}

fn push_name(out: &mut Vec<u8>, name: &str, suffix: &str, series: &ForeignSeries, bound: Option<&[u8]>) {
    for part in [name, suffix, "{", &series.labels] {
        out.extend_from_slice(part.as_bytes());
    }
    if let Some(bound) = bound {
        out.push(b',');
        out.extend_from_slice(bound);
    }
    out.extend_from_slice(b"} ");
}

/// ` # {trace_id="...",span_id="..."} value timestamp`, the timestamp in seconds.
fn push_exemplar(out: &mut Vec<u8>, kept: &ForeignExemplar) {
    let labels = format!(" # {{trace_id=\"{}\",span_id=\"{}\"}} ", kept.trace_id, kept.span_id);
    out.extend_from_slice(labels.as_bytes());
    push_number(out, kept.value);
    out.push(b' ');
    push_number(out, kept.at as f64 / 1000.0);
}
