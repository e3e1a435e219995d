//! A reader of the text format and of the protobuf one, written against the formats and not against the encoders.

use std::collections::BTreeMap;

use prost::Message;

use crate::sinks::metric_family::{Metric, MetricFamily};

/// Values by name and labels.
pub(crate) type Samples = BTreeMap<(String, BTreeMap<String, String>), f64>;

/// The samples of a text exposition; comments and exemplars are skipped.
pub(crate) fn read_text(text: &str) -> Samples {
    let lines = text.split('\n').filter(|line| !line.is_empty() && !line.starts_with('#'));
    let samples: Vec<_> = lines.map(read_line).collect();
    let (count, samples) = (samples.len(), Samples::from_iter(samples));
    assert_eq!(count, samples.len(), "a series stands there twice");
    samples
}

fn read_line(line: &str) -> ((String, BTreeMap<String, String>), f64) {
    let end = line.find(['{', ' ']).unwrap();
    let (name, mut rest) = line.split_at(end);
    let mut labels = BTreeMap::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        while !rest.starts_with('}') {
            let (label, after) = rest.trim_start_matches(',').split_once("=\"").unwrap();
            let (value, after) = read_value(after);
            labels.insert(label.to_owned(), value);
            rest = after;
        }
        rest = &rest[1..];
    }
    let value = rest.trim_start().split(' ').next().unwrap();
    ((name.to_owned(), labels), value.parse().unwrap())
}

fn read_value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.push(match characters.next().unwrap().1 {
                'n' => '\n',
                escaped @ ('\\' | '"') => escaped,
                other => panic!("escape \\{other}"),
            }),
            other => value.push(other),
        }
    }
    panic!("no closing quote in {text}")
}

/// The families of a delimited protobuf exposition.
pub(crate) fn read_protobuf(mut bytes: &[u8]) -> Vec<MetricFamily> {
    let mut families = Vec::new();
    while !bytes.is_empty() {
        families.push(MetricFamily::decode_length_delimited(&mut bytes).unwrap());
    }
    families
}

/// What the text format would say of the families.
pub(crate) fn samples(families: &[MetricFamily]) -> Samples {
    let mut samples = Samples::new();
    for family in families {
        let name = family.name.clone().unwrap();
        for metric in &family.metric {
            let labels: BTreeMap<_, _> = labels(metric).collect();
            let number = metric.counter.as_ref().or(metric.gauge.as_ref());
            if let Some(number) = number {
                samples.insert((name.clone(), labels.clone()), number.value.unwrap());
            }
            if let Some(histogram) = &metric.histogram {
                for bucket in &histogram.bucket {
                    let bound = bucket.upper_bound.unwrap();
                    let bound = if bound == f64::INFINITY { "+Inf".to_owned() } else { bound.to_string() };
                    let mut labels = labels.clone();
                    labels.insert("le".to_owned(), bound);
                    let count = bucket.cumulative_count.unwrap() as f64;
                    samples.insert((format!("{name}_bucket"), labels), count);
                }
                samples.insert((format!("{name}_sum"), labels.clone()), histogram.sample_sum.unwrap());
                let count = histogram.sample_count.unwrap() as f64;
                samples.insert((format!("{name}_count"), labels), count);
            }
        }
    }
    samples
}

fn labels(metric: &Metric) -> impl Iterator<Item = (String, String)> + '_ {
    metric.label.iter().map(|label| (label.name.clone().unwrap(), label.value.clone().unwrap()))
}
