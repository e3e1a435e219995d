//! The client's side: whom to believe, and what to show.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use super::{TlsError, pem};

/// How to greet a server. Empty paths mean: the authorities of the system, and no certificate to show.
///
/// # Errors
/// When a file cannot be read or used.
pub(crate) fn client(ca: &Path, cert: &Path, key: &Path) -> Result<ClientConfig, TlsError> {
    let authorities = if ca.as_os_str().is_empty() { of_the_system() } else { pem::authorities(ca)? };
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(authorities);
    if cert.as_os_str().is_empty() {
        return Ok(builder.with_no_client_auth());
    }
    Ok(builder.with_client_auth_cert(pem::certificates(cert)?, pem::key(key)?)?)
}

fn of_the_system() -> RootCertStore {
    let mut authorities = RootCertStore::empty();
    // Some systems keep certificates nobody can read any more; the others do.
    authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    authorities
}
