//! What every push to another server has in common, whatever is pushed: when it is due, who the server is and how it is told
//! who we are, how long to wait for it, and how seldom the log hears of it.

mod endpoint;
mod outage;
mod pace;
mod pairs;
mod seldom;

use std::path::PathBuf;

use axum::http::{HeaderName, HeaderValue, Uri};
use serde::{Deserialize, Serialize};

pub(crate) use endpoint::{Answer, Endpoint, Settings, line};
pub(crate) use outage::Outage;
pub(crate) use pace::{Push, push_every};
pub(crate) use pairs::Pairs;
pub(crate) use seldom::Seldom;

/// A name and where its password is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BasicAuth {
    pub(crate) user: String,
    /// Read again for every request.
    pub(crate) password_file: PathBuf,
}

impl BasicAuth {
    /// Whether one is there without the other.
    pub(crate) fn is_half(&self) -> bool {
        self.user.is_empty() != self.password_file.as_os_str().is_empty()
    }
}

/// What is wrong with the URL of a server, if anything; none at all is off.
pub(crate) fn url_problem(url: &str, example: &str) -> Option<String> {
    if url.is_empty() {
        return None;
    }
    let Ok(uri) = url.parse::<Uri>() else { return Some(format!("is no URL: it looks like `{example}`")) };
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) if authority.as_str().contains('@') => {
            Some("must not hold a password: use `basic_auth`".into())
        }
        (Some("http" | "https"), Some(_)) => None,
        _ => Some(format!("must begin with http:// or https://: it looks like `{example}`")),
    }
}

/// Headers that describe the body or the connection are not for the configuration to say.
pub(crate) fn is_header(name: &str, value: &str) -> bool {
    const OWN: [&str; 7] = [
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "x-prometheus-remote-write-version",
    ];
    let known = HeaderName::from_bytes(name.as_bytes()).is_ok_and(|name| !OWN.contains(&name.as_str()));
    known && HeaderValue::from_str(value).is_ok()
}
