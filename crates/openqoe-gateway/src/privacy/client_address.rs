//! The address of the player: that of the connection, or what a trusted proxy says it is. It is looked up and dropped.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnetwork::IpNetwork;

use super::RequestContext;
use super::config::{Config, ForwardedHeader};
use crate::config::ConfigError;

/// Hops looked at, from the near end: nobody has more proxies of their own.
const MAX_HOPS: usize = 32;

/// Whose word is taken.
pub(super) struct Proxies {
    trusted: Vec<IpNetwork>,
    header: ForwardedHeader,
}

impl Proxies {
    /// # Errors
    /// Names what is no network.
    pub(super) fn new(config: &Config) -> Result<Proxies, ConfigError> {
        let network = |text: &String| {
            text.parse::<IpNetwork>().map_err(|error| ConfigError::Invalid {
                key: "privacy.trusted_proxies",
                problem: format!("{text:?} is no network such as 10.0.0.0/8: {error}"),
            })
        };
        let trusted = config.trusted_proxies.iter().map(network).collect::<Result<_, _>>()?;
        Ok(Proxies { trusted, header: config.forwarded_header })
    }

    /// The nearest address that is none of the proxies'; `None` when one of them would not say. Whatever stands further
    /// away was written by the client and may be anything.
    pub(super) fn client(&self, request: &RequestContext<'_>) -> Option<IpAddr> {
        let peer = request.peer.to_canonical();
        if !self.trusts(peer) {
            return Some(peer);
        }
        let hops = match self.header {
            ForwardedHeader::XForwardedFor => {
                hops(request.headers, "x-forwarded-for", |element| Some(element))
            }
            ForwardedHeader::Forwarded => hops(request.headers, "forwarded", forwarded_for),
        };
        let mut client = peer;
        for hop in hops {
            client = hop?.to_canonical();
            if !self.trusts(client) {
                break;
            }
        }
        Some(client)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }
}

/// What a list header says hop by hop, nearest first; `None` for a hop that says nothing readable.
fn hops(headers: &HeaderMap, name: &str, part: fn(&str) -> Option<&str>) -> Vec<Option<IpAddr>> {
    let lines: Vec<_> = headers.get_all(name).iter().collect();
    let elements = lines.iter().rev().flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    elements.take(MAX_HOPS).map(|element| part(element.trim()).and_then(address)).collect()
}

/// The value of `for` in one element of `Forwarded` (RFC 7239 §4, §5.2).
fn forwarded_for(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    })
}

/// An address with or without brackets and port (RFC 7239 §6); `unknown` and obfuscated names are none.
fn address(node: &str) -> Option<IpAddr> {
    if let Some(rest) = node.strip_prefix('[') {
        return rest.split_once(']')?.0.parse().ok();
    }
    node.parse().ok().or_else(|| node.split_once(':')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn client(peer: &str, header: ForwardedHeader, lines: &[&'static str]) -> Option<String> {
        let trusted_proxies = vec!["10.0.0.0/8".into(), "2001:db8::/32".into()];
        let config = Config { trusted_proxies, forwarded_header: header, ..Config::default() };
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let request = RequestContext { peer: peer.parse().unwrap(), headers: &headers };
        Proxies::new(&config).unwrap().client(&request).map(|address| address.to_string())
    }

    #[test]
    fn strangers_are_taken_for_what_they_are() {
        let lines = ["x-forwarded-for: 192.0.2.1", "forwarded: for=192.0.2.2"];
        for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
            assert_eq!(client("198.51.100.7", header, &lines).as_deref(), Some("198.51.100.7"));
            assert_eq!(client("::ffff:198.51.100.7", header, &lines).as_deref(), Some("198.51.100.7"));
        }
    }

    #[test]
    fn the_nearest_hop_that_is_no_proxy_is_the_client() {
        for (lines, expected) in [
            (&["x-forwarded-for: 192.0.2.1"][..], Some("192.0.2.1")),
            (&["x-forwarded-for: 203.0.113.9, 192.0.2.1, 10.1.1.1"], Some("192.0.2.1")),
            (&["x-forwarded-for: 203.0.113.9", "x-forwarded-for: 192.0.2.1, 10.1.1.1"], Some("192.0.2.1")),
            (&["x-forwarded-for: 192.0.2.1:4711"], Some("192.0.2.1")),
            (&["x-forwarded-for: [2001:4860::1]:443"], Some("2001:4860::1")),
            (&["x-forwarded-for: ::ffff:10.0.0.2, 2001:db8::5"], Some("10.0.0.2")),
            (&["x-forwarded-for: 192.0.2.1, garbage, 10.0.0.2"], None),
            (&["x-forwarded-for: "], None),
            (&[], Some("10.0.0.1")),
        ] {
            let found = client("10.0.0.1", ForwardedHeader::XForwardedFor, lines);
            assert_eq!(found.as_deref(), expected, "{lines:?}");
        }
    }

    #[test]
    fn the_examples_of_rfc_7239_are_read() {
        for (lines, expected) in [
            (&["forwarded: for=192.0.2.43"][..], Some("192.0.2.43")),
            (&["forwarded: For=\"[2001:db8:cafe::17]:4711\""], Some("2001:db8:cafe::17")),
            (&["forwarded: for=192.0.2.60;proto=http;by=203.0.113.43"], Some("192.0.2.60")),
            (&["forwarded: for=192.0.2.43, for=198.51.100.17"], Some("198.51.100.17")),
            (&["forwarded: for=\"_gazonk\""], None),
            (&["forwarded: for=unknown"], None),
            (&["forwarded: by=203.0.113.43"], None),
        ] {
            let found = client("10.0.0.1", ForwardedHeader::Forwarded, lines);
            assert_eq!(found.as_deref(), expected, "{lines:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_header_panics(text in "[ -~]{0,80}") {
            let _ = address(&text);
            let _ = forwarded_for(&text);
        }
    }
}
