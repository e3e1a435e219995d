//! Traces and logs on their way through: what names a viewer or an address is taken out, and what URLs carry besides a place;
//! everything else stays as it is.

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use prost::Message;

use super::label::text;

/// Where the session is told, by any of its names.
const SESSION: [&str; 4] = ["session.id", "session_id", "cmcd.sid", "openqoe.session_id"];
/// The longest id of a session.
const MAX_SESSION: usize = 64;

/// Semantic conventions: what stands behind `?` in a URL. Tokens, mostly, and terms somebody searched for.
const QUERY: &str = "url.query";

/// Bytes of the id of a trace.
const TRACE_ID: usize = 16;

/// What is taken out of what passes.
#[derive(Clone, Debug)]
pub struct Scrubber {
    private: BTreeSet<String>,
}

/// A request that may be passed on.
#[derive(Debug, Default)]
pub struct Scrubbed {
    /// The request, in binary.
    pub message: Vec<u8>,
    /// Spans or log records in it.
    pub items: usize,
    /// Sessions it speaks of, each with the trace it was spoken of in.
    pub sessions: BTreeSet<(String, Vec<u8>)>,
}

impl Scrubber {
    /// Attributes of these keys are taken out, however deep they stand. If `url.query` is one of them, URLs end before theirs.
    pub fn new<'a>(private: impl IntoIterator<Item = &'a str>) -> Scrubber {
        Scrubber { private: private.into_iter().map(str::to_owned).collect() }
    }

    /// Spans, without what is private.
    pub fn traces(&self, mut request: ExportTraceServiceRequest) -> Scrubbed {
        let mut scrubbed = Scrubbed::default();
        for resource in &mut request.resource_spans {
            let session =
                resource.resource.as_mut().and_then(|resource| self.clean(&mut resource.attributes));
            for scope in &mut resource.scope_spans {
                scope.scope.iter_mut().for_each(|scope| drop(self.clean(&mut scope.attributes)));
                for span in &mut scope.spans {
                    let own = self.clean(&mut span.attributes);
                    span.events.iter_mut().for_each(|event| drop(self.clean(&mut event.attributes)));
                    span.links.iter_mut().for_each(|link| drop(self.clean(&mut link.attributes)));
                    scrubbed.note(own.or_else(|| session.clone()), &span.trace_id);
                }
            }
        }
        scrubbed.message = request.encode_to_vec();
        scrubbed
    }

    /// Log records, without what is private in their attributes. Their bodies are as they were written.
    pub fn logs(&self, mut request: ExportLogsServiceRequest) -> Scrubbed {
        let mut scrubbed = Scrubbed::default();
        for resource in &mut request.resource_logs {
            let session =
                resource.resource.as_mut().and_then(|resource| self.clean(&mut resource.attributes));
            for scope in &mut resource.scope_logs {
                scope.scope.iter_mut().for_each(|scope| drop(self.clean(&mut scope.attributes)));
                for record in &mut scope.log_records {
                    let own = self.clean(&mut record.attributes);
                    scrubbed.note(own.or_else(|| session.clone()), &record.trace_id);
                }
            }
        }
        scrubbed.message = request.encode_to_vec();
        scrubbed
    }

    /// Takes out what is private; the session, if it is told.
    fn clean(&self, attributes: &mut Vec<KeyValue>) -> Option<String> {
        self.clean_all(attributes);
        let told = attributes.iter().find(|attribute| SESSION.contains(&attribute.key.as_str()))?;
        Some(text(told.value.as_ref())).filter(|id| !id.is_empty() && id.len() <= MAX_SESSION)
    }

    fn clean_all(&self, attributes: &mut Vec<KeyValue>) {
        attributes.retain(|attribute| !self.private.contains(&attribute.key));
        attributes
            .iter_mut()
            .filter_map(|attribute| attribute.value.as_mut())
            .for_each(|value| self.shorten(value));
    }

    /// A value without what is private within it. Parsers bound how deep that may be.
    fn shorten(&self, value: &mut AnyValue) {
        match &mut value.value {
            Some(Value::StringValue(text)) if self.private.contains(QUERY) => cut(text),
            Some(Value::KvlistValue(list)) => self.clean_all(&mut list.values),
            Some(Value::ArrayValue(list)) => list.values.iter_mut().for_each(|value| self.shorten(value)),
            _ => {}
        }
    }
}

/// A URL up to its query and its fragment.
fn cut(text: &mut String) {
    if text.starts_with("https://") || text.starts_with("http://") {
        let end = text.find(['?', '#']).unwrap_or(text.len());
        text.truncate(end);
    }
}

impl Scrubbed {
    fn note(&mut self, session: Option<String>, trace_id: &[u8]) {
        self.items += 1;
        if let Some(session) = session.filter(|_| trace_id.len() == TRACE_ID) {
            self.sessions.insert((session, trace_id.to_vec()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn attribute(key: &str, text: &str) -> Json {
        json!({ "key": key, "value": { "stringValue": text } })
    }

    fn cleaned(private: &[&str], attributes: Json) -> Json {
        let mut attributes: Vec<KeyValue> = serde_json::from_value(attributes).unwrap();
        Scrubber::new(private.iter().copied()).clean(&mut attributes);
        serde_json::to_value(&attributes).unwrap()
    }

    #[test]
    fn urls_end_before_their_query_unless_queries_are_not_private() {
        let message = attribute("message", "what? https://a.example/?q");
        let attributes = json!([
            attribute("url.full", "https://a.example/watch?token=1#t"),
            attribute("name", "http://a.example/1.m4s#x"),
            attribute("url.query", "token=1"),
            message,
        ]);
        let short = json!([
            attribute("url.full", "https://a.example/watch"),
            attribute("name", "http://a.example/1.m4s"),
            message,
        ]);
        assert_eq!(cleaned(&["url.query"], attributes.clone()), short);
        assert_eq!(cleaned(&["user.id"], attributes.clone()), attributes);
    }

    #[test]
    fn what_is_private_is_found_within_lists_and_groups() {
        let group = |members: Json| json!([{ "key": "event.attributes", "value": { "kvlistValue": { "values": members } } }]);
        let list = |url: &str| json!({ "key": "seen", "value": { "arrayValue": { "values": [{ "stringValue": url }] } } });
        let told = json!([attribute("user.id", "mallory"), list("https://a.example/?user=mallory")]);
        let kept = json!([list("https://a.example/")]);
        assert_eq!(cleaned(&["user.id", "url.query"], group(told)), group(kept));
    }
}
