//! The viewer's id never leaves the device: what is sent is a hash of it that another collector's does not match.

use sha2::{Digest, Sha256};

/// Characters of the hash that are sent: 128 bits.
const SHOWN: usize = 32;

/// The first half of SHA-256 of id, NUL and origin, in hexadecimal.
pub(crate) fn hash_viewer(viewer_id: &str, origin: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(viewer_id.as_bytes());
    hash.update([0]);
    hash.update(origin.as_bytes());
    let mut text: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    text.truncate(SHOWN);
    text
}

/// The origin of an absolute URL as browsers serialise it (RFC 6454 section 6.2): lower case, no user, no default port.
/// The host's name is taken as it stands, so it must be in ASCII.
pub(crate) fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let host = host.strip_suffix(default_port).unwrap_or(&host).trim_end_matches(':');
    let plain = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_makes_of_a_url() {
        for (url, origin) in [
            ("https://Collector.Example.com/v1/ingest?key=a", Some("https://collector.example.com")),
            ("https://a.example:443/x", Some("https://a.example")),
            ("HTTP://a.example:80", Some("http://a.example")),
            ("http://a.example:8080/", Some("http://a.example:8080")),
            ("https://user:secret@a.example/", Some("https://a.example")),
            ("http://[::1]:8080/v1/ingest", Some("http://[::1]:8080")),
            ("https://a.example?x=1", Some("https://a.example")),
            ("/v1/ingest", None),
            ("ftp://a.example", None),
            ("https://", None),
            ("https://b ad/", None),
            ("", None),
        ] {
            assert_eq!(origin_of(url).as_deref(), origin, "{url}");
        }
    }

    /// `printf 'user-4711\0https://collector.example.com' | sha256sum`
    #[test]
    fn a_hash_is_that_of_the_id_and_the_origin() {
        let hash = hash_viewer("user-4711", "https://collector.example.com");
        assert_eq!(hash, "939796e38a7d3fee3559ac64c79120ad");
        assert_ne!(hash_viewer("user-4711", "https://other.example.com"), hash);
    }
}
