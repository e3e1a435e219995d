//! Where a probe may go. Whoever can name a target, or write a manifest, could otherwise have the gateway ask anything it reaches.

use axum::http::Uri;

/// One that is allowed: a scheme, a host or all hosts below one, a port, and what the path begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    scheme: String,
    host: String,
    below: bool,
    port: u16,
    path: String,
}

/// What may be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Targets {
    /// Anything: the URL was typed by whoever runs the probe, on a machine of theirs.
    Anywhere,
    /// What matches one of these.
    Listed(Vec<Listed>),
}

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed(Pattern);

impl Targets {
    /// Those of a list such as `["https://*.example.com/live/"]`.
    ///
    /// # Errors
    /// Says what is wrong with the first that is none.
    pub(super) fn parse(list: &[String]) -> Result<Targets, String> {
        list.iter().map(|text| Listed::parse(text)).collect::<Result<_, _>>().map(Targets::Listed)
    }

    /// The same, and everything on the host of a URL.
    pub(super) fn and_host_of(self, url: &str) -> Targets {
        let own = url.parse::<Uri>().ok().and_then(|uri| {
            let (scheme, host) = (uri.scheme_str()?.to_owned(), host(&uri)?);
            let port = port(&uri)?;
            Some(Listed(Pattern { scheme, host, below: false, port, path: "/".into() }))
        });
        match self {
            Targets::Listed(list) => Targets::Listed(list.into_iter().chain(own).collect()),
            Targets::Anywhere => Targets::Anywhere,
        }
    }

    /// Whether a URL may be asked for.
    pub(super) fn allow(&self, url: &str) -> bool {
        let Ok(uri) = url.parse::<Uri>() else { return false };
        let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
        let has_user = uri.authority().is_none_or(|authority| authority.as_str().contains('@'));
        match self {
            _ if !is_web || has_user => false,
            Targets::Anywhere => true,
            Targets::Listed(list) => list.iter().any(|listed| listed.0.fits(&uri)),
        }
    }

    /// Whether nothing may.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Targets::Listed(list) if list.is_empty())
    }
}

impl Listed {
    fn parse(text: &str) -> Result<Listed, String> {
        let told = || {
            format!(
                "`{text}` is no target: it looks like `https://cdn.example.com/live/` or `https://*.example.com/`"
            )
        };
        // A URI has no place for a star; it stands for one label more.
        let (plain, below) = match text.split_once("://*.") {
            Some((scheme, rest)) => (format!("{scheme}://{rest}"), true),
            None => (text.to_owned(), false),
        };
        let uri = plain.parse::<Uri>().map_err(|_| told())?;
        let (Some(scheme @ ("http" | "https")), Some(host), Some(port)) =
            (uri.scheme_str(), host(&uri), port(&uri))
        else {
            return Err(told());
        };
        if host.contains('*') || uri.path().contains('*') || uri.query().is_some() {
            return Err(told());
        }
        let path = uri.path().to_owned();
        Ok(Listed(Pattern { scheme: scheme.to_owned(), host, below, port, path }))
    }
}

impl Pattern {
    fn fits(&self, uri: &Uri) -> bool {
        let Some(host) = host(uri) else { return false };
        let is_host = if self.below {
            host.strip_suffix(&self.host).is_some_and(|rest| rest.ends_with('.') && rest.len() > 1)
        } else {
            host == self.host
        };
        uri.scheme_str() == Some(&self.scheme)
            && is_host
            && port(uri) == Some(self.port)
            && self.fits_path(uri.path())
    }

    /// Whole steps of a path only, and no way out of it, however it is spelled.
    fn fits_path(&self, path: &str) -> bool {
        let folder = self.path.trim_end_matches('/');
        if folder.is_empty() {
            return true;
        }
        let lower = path.to_ascii_lowercase();
        let escapes =
            lower.contains("%2e") || lower.contains("%2f") || lower.contains("%5c") || lower.contains('\\');
        let climbs = path.split('/').any(|step| step == "..");
        let below = path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        below && !escapes && !climbs
    }
}

fn host(uri: &Uri) -> Option<String> {
    let host = uri.host()?.trim_end_matches('.').to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

fn port(uri: &Uri) -> Option<u16> {
    uri.port_u16().or(match uri.scheme_str()? {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(list: &[&str]) -> Targets {
        Targets::parse(&list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn only_what_is_listed_is_allowed() {
        let targets = targets(&["https://*.example.com/live/", "http://127.0.0.1:8080"]);
        for url in [
            "https://cdn.example.com/live/main.m3u8?token=a",
            "https://a.b.EXAMPLE.com:443/live",
            "http://127.0.0.1:8080/demo/x",
        ] {
            assert!(targets.allow(url), "{url}");
        }
        for url in [
            "https://example.com/live/x",
            "https://evilexample.com/live/x",
            "https://.example.com/live/x",
            "https://cdn.example.com.evil.org/live/x",
            "http://cdn.example.com/live/x",
            "https://cdn.example.com:8443/live/x",
            "https://cdn.example.com/livestock",
            "https://cdn.example.com/live/../admin",
            "https://cdn.example.com/live/%2e%2E/admin",
            "https://cdn.example.com/live/%2fadmin",
            "https://user@cdn.example.com/live/x",
            "http://127.0.0.1/demo",
            "http://127.0.0.1:8889/",
            "file:///etc/passwd",
            "ftp://127.0.0.1:8080/",
            "/live/x",
            "",
        ] {
            assert!(!targets.allow(url), "{url}");
        }
    }

    #[test]
    fn a_host_of_its_own_is_added() {
        let targets = targets(&[]).and_host_of("http://origin:81/a/b.mpd");
        assert!(targets.allow("http://origin:81/c") && !targets.allow("http://origin/c"));
    }

    #[test]
    fn what_is_no_target_is_told() {
        for text in ["cdn.example.com", "https://", "https://a.*.b/", "ftp://a/", "https://a/?x", "*"] {
            assert!(Listed::parse(text).unwrap_err().contains("it looks like"), "{text}");
        }
    }
}
