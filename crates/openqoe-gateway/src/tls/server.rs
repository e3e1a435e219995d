//! The server's side: handshakes with a deadline, and a certificate that is replaced while connections are open. A
//! connection keeps what it began with.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::metrics::process::{Counter, Gauge};
use openqoe_spec::{HandshakeFailure, ReloadResult};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::WebPkiClientVerifier;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::files::{self, Files};
use super::not_after::not_after;
use super::{ClientAuth, Config, TlsError, pem};
use crate::clock::now_ms;

/// What listeners present and ask for.
pub(crate) struct Server {
    config: Config,
    current: RwLock<Arc<ServerConfig>>,
    files: Mutex<Files>,
    process: Arc<SharedRow<ProcessScope>>,
}

impl Server {
    /// Reads what the configuration names; `None` when it names nothing.
    ///
    /// # Errors
    /// When a file cannot be read or used.
    pub(crate) fn load(
        config: &Config,
        process: Arc<SharedRow<ProcessScope>>,
    ) -> Result<Option<Arc<Server>>, TlsError> {
        if !config.is_on() {
            return Ok(None);
        }
        // Looked at before they are read: what is written in between is read once more.
        let files = Mutex::new(Files::new([&config.cert, &config.key, &config.client_ca]));
        let (current, expires) = build(config)?;
        let server = Server { config: config.clone(), current: RwLock::new(current), files, process };
        server.note_expiry(expires);
        Ok(Some(Arc::new(server)))
    }

    /// Reads the files anew. What cannot be used changes nothing, and is told.
    pub(crate) fn reload(&self) -> bool {
        let loaded = build(&self.config);
        let is_loaded = loaded.is_ok();
        match loaded {
            Ok((current, expires)) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
                tracing::info!("the certificate of {} is in use", self.config.cert.display());
                self.note_expiry(expires);
                self.process.count(Counter::TlsReloads(ReloadResult::Loaded), 1.0);
            }
            Err(error) => {
                tracing::error!(%error, "the certificate could not be replaced: the one before stays in use");
                self.process.count(Counter::TlsReloads(ReloadResult::Failed), 1.0);
            }
        }
        is_loaded
    }

    /// Looks at the files every so often until `stop` changes.
    pub(crate) async fn watch(self: Arc<Self>, stop: watch::Receiver<bool>) {
        files::watch(
            &self.files,
            || {
                self.reload();
            },
            stop,
        )
        .await;
    }

    /// Greets a client, with whom a protocol is to be spoken. `None` when that fails or takes too long, which is counted.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
        patience: Duration,
        alpn: &[u8],
    ) -> Option<TlsStream<TcpStream>> {
        let mut current = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        if current.alpn_protocols != [alpn] {
            Arc::make_mut(&mut current).alpn_protocols = vec![alpn.to_vec()];
        }
        let greeted = tokio::time::timeout(patience, TlsAcceptor::from(current).accept(stream)).await;
        let failure = match greeted {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                reason(&error)
            }
            Err(_) => HandshakeFailure::Timeout,
        };
        self.process.count(Counter::TlsHandshakeFailures(failure), 1.0);
        None
    }

    fn note_expiry(&self, expires: Option<i64>) {
        let Some(expires) = expires else { return };
        let left = expires.saturating_sub(i64::try_from(now_ms() / 1000).unwrap_or(i64::MAX));
        if left <= 0 {
            tracing::warn!("the certificate of {} has expired", self.config.cert.display());
        }
        self.process.set(Gauge::TlsCertificateExpiryTimestampSeconds, expires as f64 * 1000.0);
    }
}

/// What to serve with, and when its certificate ends (seconds since the epoch).
fn build(config: &Config) -> Result<(Arc<ServerConfig>, Option<i64>), TlsError> {
    let chain = pem::certificates(&config.cert)?;
    let key = pem::key(&config.key)?;
    let expires = chain.first().and_then(|certificate| not_after(certificate));
    let provider = Arc::new(ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let builder = if config.client_auth == ClientAuth::None {
        builder.with_no_client_auth()
    } else {
        let authorities = Arc::new(pem::authorities(&config.client_ca)?);
        let verifier = WebPkiClientVerifier::builder_with_provider(authorities, provider);
        let verifier = match config.client_auth {
            ClientAuth::Optional => verifier.allow_unauthenticated(),
            ClientAuth::None | ClientAuth::Required => verifier,
        };
        builder.with_client_cert_verifier(verifier.build()?)
    };
    let mut server = builder.with_single_cert(chain, key)?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((Arc::new(server), expires))
}

fn reason(error: &std::io::Error) -> HandshakeFailure {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::NoCertificatesPresented | rustls::Error::InvalidCertificate(_)) => {
            HandshakeFailure::ClientCertificate
        }
        Some(_) => HandshakeFailure::Protocol,
        None => HandshakeFailure::Closed,
    }
}
