//! Attributes as labels: which may be, and what they are called.

use std::collections::{BTreeMap, BTreeSet};

use openqoe_spec::{ATTRIBUTES, Class};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

/// The most bytes of a label's name and of its value; a value is cut, which keeps it one of few.
const MAX_NAME: usize = 128;
const MAX_VALUE: usize = 256;
/// Names Prometheus or the gateway gives itself.
const OWN: [&str; 5] = ["tenant", "le", "quantile", "job", "instance"];
/// Who it was, where, and what exactly: as OpenTelemetry's semantic conventions and players name it. One value for each viewer
/// or request, so that as a label it would cost a series each; and most of it is personal.
const SINGLE: [&str; 22] = [
    "connection_id",
    "cmcd_sid",
    "sid",
    "session_id",
    "session_previous_id",
    "view_id",
    "viewer_id",
    "user_id",
    "user_email",
    "user_name",
    "user_full_name",
    "user_hash",
    "enduser_id",
    "enduser_pseudo_id",
    "client_address",
    "client_ip",
    "client_socket_address",
    "net_peer_ip",
    "net_sock_peer_addr",
    "http_client_ip",
    "trace_id",
    "span_id",
];

/// Which attributes become labels.
#[derive(Clone, Debug)]
pub struct Labeling {
    /// Attributes of resources that do, by their label's name.
    resource: BTreeSet<String>,
    /// Attributes that never do, by their label's name.
    never: BTreeSet<String>,
    /// The most labels of a series.
    max_labels: usize,
}

impl Labeling {
    /// Attributes of resources become labels when they are named here; `never` names those that do nowhere, besides the
    /// vocabulary's own that are `trace_only` and whatever names a viewer, an address or a URL.
    pub fn new<'a>(
        resource: impl IntoIterator<Item = &'a str>,
        never: impl IntoIterator<Item = &'a str>,
        max_labels: usize,
    ) -> Labeling {
        let own = ATTRIBUTES.iter().filter(|attribute| attribute.class == Class::TraceOnly);
        let never = never.into_iter().map(label_name).chain(SINGLE.map(String::from));
        let never = never.chain(own.map(|attribute| attribute.name.to_owned())).collect();
        Labeling { resource: resource.into_iter().map(label_name).collect(), never, max_labels }
    }

    /// The labels of a resource's attributes.
    pub(super) fn of_resource(&self, attributes: &[KeyValue]) -> BTreeMap<String, String> {
        let mut labels = BTreeMap::new();
        for attribute in attributes {
            let name = label_name(&attribute.key);
            if self.resource.contains(&name) && !self.is_single(&name) {
                add(&mut labels, name, attribute.value.as_ref());
            }
        }
        labels
    }

    /// The labels of a point: those of its resource, and its own. `None` when they are too many.
    pub(super) fn of_point(
        &self,
        resource: &BTreeMap<String, String>,
        attributes: &[KeyValue],
    ) -> Option<Vec<(String, String)>> {
        let mut labels = BTreeMap::new();
        for attribute in attributes {
            let name = label_name(&attribute.key);
            if !self.is_single(&name) {
                add(&mut labels, name, attribute.value.as_ref());
            }
        }
        for (name, value) in resource {
            labels.entry(name.clone()).or_insert_with(|| value.clone());
        }
        labels.remove("");
        (labels.len() <= self.max_labels).then(|| labels.into_iter().collect())
    }

    fn is_single(&self, name: &str) -> bool {
        let is_url = name.starts_with("url_") || name == "url" || name.ends_with("_url");
        self.never.contains(name) || (is_url && name != "url_scheme")
    }
}

/// Two attributes may come to the same label: both values are told, as Prometheus's translation does.
fn add(labels: &mut BTreeMap<String, String>, name: String, value: Option<&AnyValue>) {
    let value = cut(&text(value), MAX_VALUE).to_owned();
    if value.is_empty() {
        return;
    }
    let told = labels.entry(name).or_default();
    if !told.is_empty() {
        told.push(';');
    }
    told.push_str(&value);
}

/// The label an attribute's key becomes: letters, digits and `_`, not beginning with a digit or with Prometheus's own `__`.
pub(super) fn label_name(key: &str) -> String {
    let clean = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
    let mut name: String = cut(key, MAX_NAME).chars().map(clean).collect();
    match name.as_bytes().first() {
        Some(first) if first.is_ascii_digit() => name.insert_str(0, "key_"),
        Some(b'_') => name.insert_str(0, "key"),
        _ => {}
    }
    if OWN.contains(&name.as_str()) {
        name.insert_str(0, "exported_");
    }
    name
}

/// A value as text; what has parts is written as JSON would be, bytes are not.
pub(super) fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::BoolValue(value)) => value.to_string(),
        Some(Value::IntValue(value)) => value.to_string(),
        Some(Value::DoubleValue(value)) => value.to_string(),
        Some(Value::ArrayValue(array)) => {
            let parts: Vec<String> = array.values.iter().map(|part| text(Some(part))).collect();
            format!("[{}]", parts.join(","))
        }
        Some(Value::KvlistValue(_) | Value::BytesValue(_) | Value::StringValueStrindex(_)) | None => {
            String::new()
        }
    }
}

fn cut(text: &str, bytes: usize) -> &str {
    text.get(..bytes).unwrap_or_else(|| {
        let mut end = bytes.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        &text[..end]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<KeyValue> {
        let value = |text: &str| Some(AnyValue { value: Some(Value::StringValue(text.to_owned())) });
        pairs
            .iter()
            .map(|(key, text)| KeyValue { key: (*key).into(), value: value(text), ..KeyValue::default() })
            .collect()
    }

    #[test]
    fn names_are_prometheus_s() {
        for (key, expected) in [
            ("service.name", "service_name"),
            ("track_type", "track_type"),
            ("9p", "key_9p"),
            ("_a", "key_a"),
            ("__name__", "key__name__"),
            ("tenant", "exported_tenant"),
            ("le", "exported_le"),
            ("größe", "gr__e"),
        ] {
            assert_eq!(label_name(key), expected);
        }
    }

    #[test]
    fn who_it_was_is_no_label() {
        let labeling = Labeling::new(["service.name", "session.id"], ["secret"], 4);
        let resource = pairs(&[("service.name", "player"), ("service.version", "1"), ("session.id", "s")]);
        let resource = labeling.of_resource(&resource);
        let own = [
            ("transport", "webtransport"),
            ("session.id", "s"),
            ("client.address", "::1"),
            ("secret", "x"),
            ("url.full", "https://a/"),
            ("empty", ""),
        ];
        let labels = labeling.of_point(&resource, &pairs(&own)).unwrap();
        let expected = [("service_name", "player"), ("transport", "webtransport")];
        assert_eq!(labels, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(
            labeling.of_point(&resource, &pairs(&[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")])),
            None
        );
    }

    #[test]
    fn values_are_cut_and_joined() {
        let labeling = Labeling::new([], [], 9);
        let long = "ö".repeat(200);
        let labels =
            labeling.of_point(&BTreeMap::new(), &pairs(&[("a.b", "1"), ("a_b", "2"), ("c", &long)])).unwrap();
        assert_eq!((&*labels[0].1, labels[1].1.len()), ("1;2", 256));
    }
}
