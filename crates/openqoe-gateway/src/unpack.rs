//! Unpacking within limits.

use std::io::{self, Read};

/// Whether bytes begin as every gzip stream does (RFC 1952 2.3.1), which no UTF-8 text can.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Unpacks at most `limit` bytes (RFC 1952): a bomb costs no more than a large body. `None` when there are more.
///
/// # Errors
/// When it is not gzip, or not whole.
pub(crate) fn gzip(packed: &[u8], limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut plain = Vec::with_capacity(packed.len().saturating_mul(4).min(limit));
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let length = flate2::read::MultiGzDecoder::new(packed).take(most).read_to_end(&mut plain)?;
    Ok((length <= limit).then_some(plain))
}
