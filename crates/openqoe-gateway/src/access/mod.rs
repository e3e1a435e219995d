//! Who may do what: keys of tenants on the public listener, keys and the internal token on the internal one.
//!
//! What is known is one immutable [`Directory`], put in place of the one before when the configuration is read again.

pub(crate) mod cors;
mod directory;
pub(crate) mod key;
pub(crate) mod origin;
pub(crate) mod reader;
pub(crate) mod sender;

use std::sync::{Arc, PoisonError, RwLock};

pub(crate) use directory::{DEFAULT_TENANT, Directory};

use openqoe_spec::KeyProblem;

/// The directory of the moment.
pub(crate) struct Access(RwLock<Arc<Directory>>);

impl Access {
    pub(crate) fn new(directory: Directory) -> Access {
        Access(RwLock::new(Arc::new(directory)))
    }

    /// What holds for a request that begins now.
    pub(crate) fn directory(&self) -> Arc<Directory> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From here on this holds.
    pub(crate) fn replace(&self, directory: Directory) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(directory);
    }
}

/// What is wrong with a key nobody has.
fn problem_of(key: &str) -> KeyProblem {
    match key::read(key) {
        Some(_) => KeyProblem::UnknownKey,
        None => KeyProblem::MalformedKey,
    }
}

/// What to tell about it.
fn describe(problem: KeyProblem) -> &'static str {
    match problem {
        KeyProblem::MissingKey => "no key was given",
        KeyProblem::MalformedKey => "the key is mistyped or cut off: its checksum does not fit",
        KeyProblem::UnknownKey => "the key is not known here, or has been revoked",
    }
}

/// The value of a parameter of a query. Keys hold nothing that would have to be escaped.
fn parameter<'a>(query: Option<&'a str>, name: &str) -> Option<&'a str> {
    let pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find_map(|(key, value)| (key == name).then_some(value))
}

/// The token of `Authorization: Bearer` (RFC 6750); other schemes are a proxy's affair.
fn bearer(headers: &axum::http::HeaderMap) -> Option<&str> {
    let value = headers.get(axum::http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
