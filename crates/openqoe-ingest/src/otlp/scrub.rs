//! Traces and logs on their way through: what names a viewer or an address is taken out, everything else stays as it is.

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use prost::Message;

use super::label::text;

/// Where the session is told, by any of its names.
const SESSION: [&str; 4] = ["session.id", "session_id", "cmcd.sid", "openqoe.session_id"];
/// The longest id of a session.
const MAX_SESSION: usize = 64;

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
    /// Attributes of these keys are taken out.
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
        attributes.retain(|attribute| !self.private.contains(&attribute.key));
        let told = attributes.iter().find(|attribute| SESSION.contains(&attribute.key.as_str()))?;
        Some(text(told.value.as_ref())).filter(|id| !id.is_empty() && id.len() <= MAX_SESSION)
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
