//! The two text formats: Prometheus 0.0.4 (<https://prometheus.io/docs/instrumenting/exposition_formats/>) and OpenMetrics
//! 1.0.0 (<https://prometheus.io/docs/specs/om/open_metrics_spec/>). They differ in what [`Dialect`] lists; neither gets
//! `_created` lines, which Prometheus would store as a series each.

use openqoe_spec::{MetricDef, MetricKind};

use super::foreign_text::push_foreign;

use crate::family::{Family, Series, Value, families};
use crate::histogram::{Histogram, Kept};
use crate::labels::escape;
use crate::number::{push_count, push_float, push_number};
use crate::snapshot::Snapshot;

/// What differs between the two.
pub(super) struct Dialect {
    /// `_total` belongs to the sample, not to the family ("Counter", MetricPoint naming), and there are `UNIT` lines.
    pub(super) openmetrics: bool,
    /// How a number stands in `le`.
    pub(super) bound: fn(&mut Vec<u8>, f64),
}

/// Appends the Prometheus text format 0.0.4.
pub(super) fn encode_text(snapshot: &Snapshot, out: &mut Vec<u8>) {
    Dialect { openmetrics: false, bound: push_number }.encode(snapshot, out);
}

/// Appends the OpenMetrics text format 1.0.0.
pub(super) fn encode_openmetrics(snapshot: &Snapshot, out: &mut Vec<u8>) {
    Dialect { openmetrics: true, bound: push_float }.encode(snapshot, out);
    out.extend_from_slice(b"# EOF\n");
}

impl Dialect {
    fn encode(&self, snapshot: &Snapshot, out: &mut Vec<u8>) {
        families(snapshot, |family| self.family(family, out));
        snapshot.foreign.values().for_each(|family| push_foreign(self, family, out));
    }

    fn family(&self, family: &Family<'_>, out: &mut Vec<u8>) {
        let MetricDef { name, help, kind, unit, .. } = family.def;
        self.metadata(name, help, *kind, unit.as_str(), out);
        let bounds = self.bounds(family.def);
        for series in &family.series {
            match series.value {
                Value::Number(value) => {
                    push_name(out, family.def.name, "", series, None);
                    push_number(out, value);
                    out.push(b'\n');
                }
                Value::Histogram(histogram) => self.histogram(family.def, series, histogram, &bounds, out),
            }
        }
    }

    pub(super) fn metadata(&self, name: &str, help: &str, kind: MetricKind, unit: &str, out: &mut Vec<u8>) {
        let name = match name.strip_suffix("_total") {
            Some(stem) if self.openmetrics => stem,
            _ => name,
        };
        let kind = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        if !help.is_empty() {
            push_line(out, &["# HELP ", name, " ", &self.help(help)]);
        }
        push_line(out, &["# TYPE ", name, " ", kind]);
        // "UNIT": the unit must be the end of the family's name.
        if self.openmetrics
            && !unit.is_empty()
            && name.strip_suffix(unit).is_some_and(|stem| stem.ends_with('_'))
        {
            push_line(out, &["# UNIT ", name, " ", unit]);
        }
    }

    /// OpenMetrics escapes a help text like a label value; 0.0.4 leaves quotes as they are.
    fn help(&self, help: &str) -> String {
        let escaped = escape(help);
        if self.openmetrics { escaped.into_owned() } else { escaped.replace("\\\"", "\"") }
    }

    /// The `le` labels of a histogram, the same for all its series.
    fn bounds(&self, def: &MetricDef) -> Vec<Vec<u8>> {
        let bounds = def.buckets.iter().copied().chain([f64::INFINITY]);
        let label = |bound| {
            let mut label = b"le=\"".to_vec();
            (self.bound)(&mut label, bound);
            label.push(b'"');
            label
        };
        bounds.map(label).collect()
    }

    fn histogram(
        &self,
        def: &MetricDef,
        series: &Series<'_>,
        histogram: &Histogram,
        bounds: &[Vec<u8>],
        out: &mut Vec<u8>,
    ) {
        for (bucket, (bound, count)) in bounds.iter().zip(histogram.cumulative()).enumerate() {
            push_name(out, def.name, "_bucket", series, Some(bound));
            push_count(out, count);
            if let Some(exemplar) = histogram.exemplar(bucket).filter(|_| self.openmetrics) {
                push_exemplar(out, exemplar);
            }
            out.push(b'\n');
        }
        push_name(out, def.name, "_sum", series, None);
        push_number(out, histogram.sum() / def.unit.divisor());
        out.push(b'\n');
        push_name(out, def.name, "_count", series, None);
        push_count(out, histogram.count());
        out.push(b'\n');
    }
}

fn push_line(out: &mut Vec<u8>, parts: &[&str]) {
    parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
    out.push(b'\n');
}

/// Name, labels and the space before the value.
fn push_name(out: &mut Vec<u8>, name: &str, suffix: &str, series: &Series<'_>, bound: Option<&Vec<u8>>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(suffix.as_bytes());
    let mut opened = false;
    let mut part = |out: &mut Vec<u8>, text: &[u8]| {
        if !text.is_empty() {
            out.push(if opened { b',' } else { b'{' });
            out.extend_from_slice(text);
            opened = true;
        }
    };
    part(out, series.row_labels.as_bytes());
    part(out, series.slot_labels.as_bytes());
    if let Some((key, value)) = series.key {
        part(out, key.as_bytes());
        out.extend_from_slice(b"=\"");
        out.extend_from_slice(value.as_bytes());
        out.push(b'"');
    }
    part(out, bound.map(Vec::as_slice).unwrap_or_default());
    out.extend_from_slice(if opened { b"} " } else { b" " });
}

/// ` # {session_id="..."} value timestamp`, the timestamp in seconds.
fn push_exemplar(out: &mut Vec<u8>, exemplar: &Kept) {
    out.extend_from_slice(b" # ");
    for (position, (name, value)) in exemplar.labels().enumerate() {
        out.push(if position == 0 { b'{' } else { b',' });
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"=\"");
        out.extend_from_slice(escape(&value).as_bytes());
        out.push(b'"');
    }
    out.extend_from_slice(b"} ");
    push_number(out, exemplar.value);
    out.push(b' ');
    push_number(out, exemplar.at as f64 / 1000.0);
}
