//! Unpacking within limits.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;

/// Whether bytes begin as every gzip stream does (RFC 1952 2.3.1), which no UTF-8 text can.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Streams in one body (RFC 1952 2.2): each costs the making of a decoder, though it hold nothing.
const MAX_MEMBERS: usize = 1000;

/// Unpacks at most `limit` bytes (RFC 1952): a bomb costs no more than a large body. `None` when there are more.
///
/// # Errors
/// When it is not gzip, or not whole, or in too many pieces.
pub(crate) fn gzip(packed: &[u8], limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut plain = Vec::with_capacity(packed.len().saturating_mul(4).min(limit));
    let mut rest = packed;
    for _ in 0..MAX_MEMBERS {
        let mut member = GzDecoder::new(rest);
        let most = u64::try_from(limit - plain.len()).unwrap_or(u64::MAX).saturating_add(1);
        member.by_ref().take(most).read_to_end(&mut plain)?;
        if plain.len() > limit {
            return Ok(None);
        }
        rest = member.into_inner();
        if rest.is_empty() {
            return Ok(Some(plain));
        }
    }
    let message = format!("more than {MAX_MEMBERS} gzip streams in one body");
    Err(io::Error::new(io::ErrorKind::InvalidData, message))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn members_follow_each_other_within_both_limits() {
        let twice = [pack(b"one"), pack(b"two")].concat();
        assert_eq!(gzip(&twice, 6).unwrap(), Some(b"onetwo".to_vec()));
        assert_eq!(gzip(&twice, 5).unwrap(), None);
        assert_eq!(gzip(&pack(b"").repeat(MAX_MEMBERS), 5).unwrap(), Some(Vec::new()));
        assert!(gzip(&pack(b"").repeat(MAX_MEMBERS + 1), 5).is_err());
        for broken in [&twice[..twice.len() - 1], &[&twice[..], b"x"].concat(), b""] {
            assert!(gzip(broken, 100).is_err(), "{broken:?}");
        }
    }
}
