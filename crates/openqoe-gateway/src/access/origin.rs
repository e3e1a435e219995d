//! Origins of web pages (RFC 6454): `https://player.example.com`, and patterns of them: `https://*.example.com`.

use std::collections::HashSet;

/// The origins a tenant's players may report from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origins {
    exact: HashSet<Box<str>>,
    below: Vec<Below>,
}

/// Every host below a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Below {
    /// `https://`
    scheme: Box<str>,
    /// `.example.com`, with its port
    domain: Box<str>,
}

impl Origins {
    /// Reads a list of patterns.
    ///
    /// # Errors
    /// Says what is wrong with the first that is none.
    pub(crate) fn parse<T: AsRef<str>>(patterns: &[T]) -> Result<Origins, String> {
        let mut origins = Origins::default();
        for pattern in patterns {
            let pattern = pattern.as_ref();
            origins.add(pattern).map_err(|problem| format!("{pattern:?} {problem}"))?;
        }
        Ok(origins)
    }

    /// Whether none is named, which allows all.
    pub(crate) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.below.is_empty()
    }

    /// Whether a page of this origin may report. `null`, the origin of files and sandboxes, is on no list.
    pub(crate) fn allow(&self, origin: &str) -> bool {
        self.is_empty() || self.exact.contains(origin) || self.below.iter().any(|below| below.holds(origin))
    }

    fn add(&mut self, pattern: &str) -> Result<(), &'static str> {
        let pattern = pattern.to_ascii_lowercase();
        let (scheme, rest) =
            pattern.split_once("://").ok_or("has no scheme: write https://player.example.com")?;
        if !scheme.starts_with(|c: char| c.is_ascii_lowercase())
            || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        {
            return Err("has no scheme such as https");
        }
        if rest.contains(['/', '?', '#', '@']) {
            return Err("is more than an origin: write scheme://host[:port] without path or slash");
        }
        let (host, port) = rest.rsplit_once(':').filter(|_| !rest.ends_with(']')).unwrap_or((rest, ""));
        if !port.chars().all(|c| c.is_ascii_digit()) {
            return Err("has a port that is no number");
        }
        // Browsers leave the scheme's own port out.
        let port = if matches!((scheme, port), (_, "") | ("https", "443") | ("http", "80")) {
            String::new()
        } else {
            format!(":{port}")
        };
        match host.strip_prefix("*.") {
            Some(domain) if is_host(domain) && domain.contains('.') => {
                self.below.push(Below {
                    scheme: format!("{scheme}://").into(),
                    domain: format!(".{domain}{port}").into(),
                });
            }
            Some(_) => return Err("must name a domain of at least two labels after `*.`"),
            None if is_host(host) || is_ipv6(host) => {
                self.exact.insert(format!("{scheme}://{host}{port}").into());
            }
            None => {
                return Err(
                    "is no origin: `*` may only stand for all that comes before a domain, as in https://*.example.com",
                );
            }
        }
        Ok(())
    }
}

impl Below {
    fn holds(&self, origin: &str) -> bool {
        let host = origin.strip_prefix(&*self.scheme).and_then(|rest| rest.strip_suffix(&*self.domain));
        host.is_some_and(is_host)
    }
}

/// Labels between dots, none of them empty: no port, no user, no path can hide in it.
fn is_host(text: &str) -> bool {
    text.split('.').all(|label| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
    })
}

fn is_ipv6(text: &str) -> bool {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    inner.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tricks_of_all_kinds_are_not_allowed() {
        let origins =
            Origins::parse(&["https://example.com", "https://*.example.com", "http://localhost:3000"])
                .unwrap();
        for (origin, allowed) in [
            ("https://example.com", true),
            ("https://player.example.com", true),
            ("https://a.b-c.example.com", true),
            ("http://localhost:3000", true),
            ("https://evil-example.com", false),
            ("https://evilexample.com", false),
            ("https://example.com.evil", false),
            ("https://player.example.com.evil.net", false),
            ("https://.example.com", false),
            ("https://a..example.com", false),
            ("https://evil.net/.example.com", false),
            ("https://evil.net#.example.com", false),
            ("https://evil.net?.example.com", false),
            ("https://user@evil.net:1.example.com", false),
            ("https://evil.net\\.example.com", false),
            ("https://evil.net%2f.example.com", false),
            ("https://player.example.com:8443", false),
            ("http://example.com", false),
            ("http://player.example.com", false),
            ("http://localhost", false),
            ("http://localhost:30001", false),
            ("HTTPS://EXAMPLE.COM", false),
            ("https://*.example.com", false),
            ("example.com", false),
            ("null", false),
            ("*", false),
            ("", false),
        ] {
            assert_eq!(origins.allow(origin), allowed, "{origin}");
        }
        let any = Origins::parse::<&str>(&[]).unwrap();
        assert!(any.allow("https://anything.example") && any.allow("null"));
    }

    #[test]
    fn ports_are_part_of_an_origin_unless_they_are_the_scheme_s_own() {
        let origins = Origins::parse(&[
            "HTTPS://Example.com:443",
            "https://*.example.org:8443",
            "http://[::1]:8080",
            "capacitor://localhost",
        ]);
        let origins = origins.unwrap();
        for origin in [
            "https://example.com",
            "https://a.example.org:8443",
            "http://[::1]:8080",
            "capacitor://localhost",
        ] {
            assert!(origins.allow(origin), "{origin}");
        }
        assert!(!origins.allow("https://a.example.org"));
    }

    #[test]
    fn what_is_no_origin_is_told() {
        for (pattern, problem) in [
            ("example.com", "has no scheme"),
            ("://example.com", "has no scheme"),
            ("https://example.com/", "is more than an origin"),
            ("https://user@example.com", "is more than an origin"),
            ("https://example.com:https", "has a port that is no number"),
            ("https://*", "is no origin"),
            ("https://*.com", "at least two labels"),
            ("https://a.*.com", "is no origin"),
            ("https://*example.com", "is no origin"),
            ("https://", "is no origin"),
            ("null", "has no scheme"),
            ("*", "has no scheme"),
        ] {
            let error = Origins::parse(&[pattern]).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }
}
