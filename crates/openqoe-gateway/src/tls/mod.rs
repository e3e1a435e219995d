//! TLS 1.2 and 1.3 (rustls): what the listeners present and ask for. Certificate, key and authorities are files, taken anew
//! when they change; what cannot be used leaves what is in use.

mod client;
mod config;
mod files;
mod identity;
mod not_after;
mod pem;
mod server;

pub(crate) use client::client;
pub(crate) use config::{ClientAuth, Config};
pub(crate) use files::{Files, watch};
pub(crate) use identity::Identity;
pub(crate) use server::Server;

/// What can go wrong with certificates and keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("{path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("{path} holds no {what} in PEM: it begins with `-----BEGIN`")]
    Empty { path: String, what: &'static str },
    #[error("{path}: {problem}")]
    Unreadable { path: String, problem: String },
    #[error("certificate and key cannot be used together: {0}")]
    Pair(#[from] rustls::Error),
    #[error("the authority of client certificates cannot be used: {0}")]
    Authority(#[from] rustls::server::VerifierBuilderError),
}
