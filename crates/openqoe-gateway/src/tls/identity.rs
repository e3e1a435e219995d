//! Who is at the other end of a connection, as far as the connection itself tells.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// The other end; told to each request of the connection.
#[derive(Clone)]
pub(crate) enum Identity {
    /// It showed a certificate that an authority of `tls.client_ca` signed.
    Certified(Arc<CertificateDer<'static>>),
    /// It is on this machine, without TLS.
    Near,
    /// Anyone.
    Unknown,
}

impl Identity {
    /// The other end of a connection without TLS.
    pub(crate) fn plain(address: SocketAddr) -> Identity {
        if address.ip().to_canonical().is_loopback() { Identity::Near } else { Identity::Unknown }
    }

    /// The other end of a connection after its handshake.
    pub(crate) fn greeted(stream: &TlsStream<TcpStream>) -> Identity {
        let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        shown.map_or(Identity::Unknown, |certificate| {
            Identity::Certified(Arc::new(certificate.clone().into_owned()))
        })
    }

    /// Whether its certificate bears one of these names (subject alternative names); any certificate does when there are none.
    pub(crate) fn bears(&self, names: &[String]) -> bool {
        let Identity::Certified(certificate) = self else { return false };
        let Ok(parsed) = rustls::server::ParsedCertificate::try_from(&**certificate) else { return false };
        let bears = |name: &String| {
            ServerName::try_from(name.as_str())
                .is_ok_and(|name| rustls::client::verify_server_name(&parsed, &name).is_ok())
        };
        names.is_empty() || names.iter().any(bears)
    }
}
