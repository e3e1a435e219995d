//! Lines of the log about one request. They are for finding out why a sender's events do not arrive, hence `debug`; how many
//! there are is in the metrics. Reasons are named by their registered names alone: a message may quote what a viewer sent.

use axum::http::HeaderMap;
use tracing::Level;

use crate::gateway::Admitted;
use crate::trace_context::TraceContext;

/// A batch that was not taken.
pub(crate) fn refused(protocol: &'static str, headers: &HeaderMap, reason: &'static str) {
    if tracing::enabled!(Level::DEBUG) {
        let trace = TraceContext::of(headers);
        let (trace_id, span_id) = (trace.map(|trace| trace.trace_id), trace.map(|trace| trace.span_id));
        tracing::debug!(protocol, reason, trace_id, span_id, "batch refused");
    }
}

/// A batch that was taken, or some of it; with nothing wrong there is nothing to say.
pub(crate) fn admitted(protocol: &'static str, headers: &HeaderMap, admitted: &Admitted) {
    if admitted.shed > 0 {
        return refused(protocol, headers, admitted.shed_reason.as_str());
    }
    let Some(first) = admitted.decoded.rejections.first() else { return };
    if tracing::enabled!(Level::DEBUG) {
        let trace = TraceContext::of(headers);
        let (trace_id, span_id) = (trace.map(|trace| trace.trace_id), trace.map(|trace| trace.span_id));
        let rejected = admitted.decoded.rejections.len();
        let reason = first.reason.as_str();
        tracing::debug!(
            protocol,
            accepted = admitted.accepted,
            rejected,
            reason,
            trace_id,
            span_id,
            "events rejected"
        );
    }
}
