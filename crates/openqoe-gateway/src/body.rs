//! Reading a request body within limits: size, time, and the size of what it unpacks to.

use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use openqoe_ingest::Refused;
use openqoe_spec::BatchRejection;

use crate::unpack;

/// How a body is packed, by its headers. A page cannot say `Content-Encoding` without asking first (CORS preflight), so a body
/// that is gzip by its own first bytes is gzip whatever they say; no text begins so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
}

/// Room for a body of several pieces before all of them are there, in bytes.
const AT_FIRST: usize = 16 << 10;

/// What was read.
pub(crate) struct Received {
    /// The body, unpacked.
    pub(crate) body: Bytes,
    /// Bytes on the wire.
    pub(crate) wire: usize,
}

/// Reads the body of a request.
///
/// # Errors
/// When type, encoding, size or time are not what is taken there. Nothing is read when the headers tell already.
pub(crate) async fn read(
    content_types: &[&str],
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    timeout: Duration,
) -> Result<Received, Refused> {
    check_type(content_types, headers)?;
    let encoding = encoding(headers)?;
    let declared = declared_length(headers);
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let collected =
        tokio::time::timeout(timeout, collect(Limited::new(body, limit), declared.unwrap_or_default()));
    let packed = match collected.await {
        Err(_) => {
            return Err(refused(
                BatchRejection::ReadTimeout,
                "the body did not arrive in time",
                "send less at once",
            ));
        }
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => return Err(too_large(limit)),
        Ok(Err(error)) => {
            let message = format!("the body broke off: {error}");
            return Err(refused(BatchRejection::MalformedJson, &message, "send it again"));
        }
        Ok(Ok(collected)) => collected,
    };
    let wire = packed.len();
    let is_packed = encoding == Encoding::Gzip || unpack::is_gzip(&packed);
    let body = if is_packed { unpacked(&packed, limit)? } else { packed };
    Ok(Received { body, wire })
}

fn unpacked(packed: &[u8], limit: usize) -> Result<Bytes, Refused> {
    match unpack::gzip(packed, limit) {
        Ok(plain) => Ok(plain.ok_or_else(|| too_large(limit))?.into()),
        Err(error) => {
            let message = format!("broken gzip: {error}");
            Err(refused(BatchRejection::BadEncoding, &message, "RFC 1952"))
        }
    }
}

/// How long the sender says the body is.
pub(crate) fn declared_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Puts a body together. A piece keeps alive the whole buffer it was read into, so pieces are copied: byte by byte, a body
/// would otherwise take thousands of times its size.
async fn collect(mut body: Limited<Body>, declared: usize) -> Result<Bytes, BoxError> {
    let (mut first, mut all) = (Bytes::new(), Vec::new());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if first.is_empty() {
            // Most bodies are of one piece.
            first = data;
        } else {
            if all.is_empty() {
                // A length that is only declared takes no memory: room grows with what comes.
                all.reserve_exact((first.len() + data.len()).max(declared.min(AT_FIRST)));
                all.extend_from_slice(&first);
            }
            all.extend_from_slice(&data);
        }
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

fn check_type(content_types: &[&str], headers: &HeaderMap) -> Result<(), Refused> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if content_types.iter().any(|known| known.eq_ignore_ascii_case(essence)) {
        return Ok(());
    }
    let message = format!("Content-Type {essence} is not {}", content_types.join(" or "));
    Err(refused(BatchRejection::UnsupportedMediaType, &message, "text/plain needs no CORS preflight"))
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Refused> {
    match headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or_default().trim()) {
        None | Some("" | "identity") => Ok(Encoding::Identity),
        Some("gzip" | "x-gzip") => Ok(Encoding::Gzip),
        Some(other) => {
            let message = format!("Content-Encoding {other} is not gzip");
            Err(refused(BatchRejection::UnsupportedEncoding, &message, "send gzip, or the plain body"))
        }
    }
}

fn too_large(limit: usize) -> Refused {
    let message = format!("the body is larger than {limit} bytes");
    refused(BatchRejection::BodyTooLarge, &message, "send smaller batches")
}

fn refused(reason: BatchRejection, message: &str, hint: &'static str) -> Refused {
    Refused { reason, message: message.to_owned(), hint }
}
