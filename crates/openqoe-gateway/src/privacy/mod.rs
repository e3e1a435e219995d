//! The privacy toolkit: what admission does to a batch before anything of it is kept (invariant 9). The address is looked up
//! and dropped, viewer ids are hashed with a secret that is destroyed later, objections are honoured, and what the operator
//! does not want from a region is left out.

mod admission;
mod client_address;
pub(crate) mod command;
mod config;
mod countries;
mod database;
mod erase;
mod opt_out;
mod redaction;
mod salt_file;
mod salts;

use std::net::IpAddr;
use std::path::PathBuf;

use axum::http::HeaderMap;

pub(crate) use admission::{Privacy, Verdict};
pub(crate) use config::Config;
pub(crate) use opt_out::refuse;
use salts::Salts;

/// Who sent a batch, as far as the connection and its headers tell. It lives as long as the request; nothing of it is kept.
#[derive(Clone, Copy)]
pub(crate) struct RequestContext<'a> {
    /// The other end of the connection.
    pub(crate) peer: IpAddr,
    pub(crate) headers: &'a HeaderMap,
}

impl RequestContext<'_> {
    /// A header's text, `""` when it is absent or no text.
    pub(crate) fn header(&self, name: impl axum::http::header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What can go wrong with the toolkit's files.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrivacyError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{path} is damaged: {problem}; viewer ids hashed with it cannot be found again without it")]
    DamagedSalts { path: String, problem: String },
    #[error("{0}: no salts there, so no viewer id was ever hashed")]
    NoSalts(String),
    #[error("{path} is no usable database: {source}")]
    Database { path: String, source: maxminddb::MaxMindDbError },
    #[error("{path} is larger than {limit} bytes")]
    DatabaseTooLarge { path: String, limit: u64 },
    #[error("no random numbers from the system: {0}")]
    Random(#[from] getrandom::Error),
}

impl PrivacyError {
    fn file(path: &std::path::Path) -> impl Fn(std::io::Error) -> PrivacyError {
        let path = path.display().to_string();
        move |source| PrivacyError::File { path: path.clone(), source }
    }
}

/// Where the salts of a data directory are; `None` when everything is in memory.
pub(crate) fn salts_path(data_dir: &std::path::Path) -> Option<PathBuf> {
    (!data_dir.as_os_str().is_empty()).then(|| data_dir.join("salts"))
}
