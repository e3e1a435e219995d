//! The caller's trace, by W3C Trace Context, so that a line of the log about a request leads to the trace it belongs to.
//! A header that is not as the standard wants it is as good as none.

use axum::http::HeaderMap;

const TRACEPARENT: &str = "traceparent";
/// `00-` trace id `-` parent id `-` flags.
const LENGTH: usize = 55;

/// Trace and span of the caller, as lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceContext<'a> {
    pub(crate) trace_id: &'a str,
    pub(crate) span_id: &'a str,
}

impl<'a> TraceContext<'a> {
    /// Of a request; nothing when the header is missing, malformed or there twice.
    pub(crate) fn of(headers: &'a HeaderMap) -> Option<TraceContext<'a>> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        TraceContext::parse(value.to_str().ok()?)
    }

    /// Reads a header's value: <https://www.w3.org/TR/trace-context/#traceparent-header>.
    fn parse(text: &'a str) -> Option<TraceContext<'a>> {
        let (known, more) = text.split_at_checked(LENGTH)?;
        let mut parts = known.split('-');
        let (version, trace_id) = (hex(parts.next()?, 2)?, hex(parts.next()?, 32)?);
        let (span_id, _flags) = (hex(parts.next()?, 16)?, hex(parts.next()?, 2)?);
        // Versions to come may only append, and say so with another dash.
        let ends_well = more.is_empty() || version != "00" && more.starts_with('-');
        let named = !is_zero(trace_id) && !is_zero(span_id);
        (version != "ff" && ends_well && named).then_some(TraceContext { trace_id, span_id })
    }
}

fn hex(part: &str, length: usize) -> Option<&str> {
    let digits = part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (part.len() == length && digits).then_some(part)
}

fn is_zero(digits: &str) -> bool {
    digits.bytes().all(|digit| digit == b'0')
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Case {
        header: String,
        trace_id: Option<String>,
        span_id: Option<String>,
    }

    #[test]
    fn trace_context_vectors() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/vectors/trace-context/traceparent.yaml");
        let cases: Vec<Case> = serde_yaml_ng::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for Case { header, trace_id, span_id } in &cases {
            let expected = trace_id.as_deref().zip(span_id.as_deref());
            let read = TraceContext::parse(header).map(|trace| (trace.trace_id, trace.span_id));
            assert_eq!(read, expected, "{header}");
        }
    }

    #[test]
    fn trace_of_two_headers_is_none() {
        let value = HeaderValue::from_static("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let mut headers = HeaderMap::new();
        assert_eq!(TraceContext::of(&headers), None);
        headers.append(TRACEPARENT, value.clone());
        assert!(TraceContext::of(&headers).is_some());
        headers.append(TRACEPARENT, value);
        assert_eq!(TraceContext::of(&headers), None);
    }

    proptest! {
        #[test]
        fn trace_of_anything_does_not_panic(text in "\\PC{0,70}") {
            let _ = TraceContext::parse(&text);
        }
    }
}
