//! Certificates and keys from PEM files (RFC 7468).

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::TlsError;

/// The certificates of a file, in order.
///
/// # Errors
/// When the file cannot be read or holds none.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = read(path)?;
    let all = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let all = all.map_err(|error| unreadable(path, &error))?;
    if all.is_empty() {
        return Err(TlsError::Empty { path: path.display().to_string(), what: "certificate" });
    }
    Ok(all)
}

/// The private key of a file: PKCS #8, PKCS #1 or SEC 1.
///
/// # Errors
/// When the file cannot be read or holds none.
pub(crate) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|error| match error {
        Error::NoItemsFound => {
            TlsError::Empty { path: path.display().to_string(), what: "unencrypted private key" }
        }
        error => unreadable(path, &error),
    })
}

/// The certificates of a file, as authorities to believe.
///
/// # Errors
/// When the file cannot be read, or one of its certificates cannot be an authority.
pub(crate) fn authorities(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| unreadable(path, &error))?;
    }
    Ok(roots)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read { path: path.display().to_string(), source })
}

fn unreadable(path: &Path, problem: &dyn std::fmt::Display) -> TlsError {
    TlsError::Unreadable { path: path.display().to_string(), problem: problem.to_string() }
}
