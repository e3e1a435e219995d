//! Certificates of the tests' own, made for each of them.

use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};

use crate::harness::{Answer, folder, try_read};

/// An authority, and where it leaves what it signs.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pub(crate) folder: PathBuf,
}

/// The files of a certificate and its key.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// 1 January 2040.
pub(crate) const NOT_AFTER: f64 = 2_208_988_800.0;

impl Authority {
    pub(crate) fn new(name: &str) -> Authority {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
        let folder = folder(&format!("certificates-{name}"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("ca.pem"), issuer.pem()).unwrap();
        Authority { issuer, folder }
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// Signs a certificate that bears a name, into files of that name.
    pub(crate) fn issue(&self, name: &str) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new([name.to_owned()]).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.not_after = date_time_ymd(2040, 1, 1);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let pair = Pair {
            cert: self.folder.join(format!("{name}.pem")),
            key: self.folder.join(format!("{name}.key")),
        };
        std::fs::write(&pair.key, key.serialize_pem()).unwrap();
        std::fs::write(&pair.cert, certificate.pem()).unwrap();
        pair
    }

    /// What a gateway has to be told to serve with a pair of this authority.
    pub(crate) fn environment(&self, pair: &Pair, client_auth: &str) -> Vec<(String, String)> {
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let mut environment = vec![
            ("OPENQOE_TLS_CERT".to_owned(), path(&pair.cert)),
            ("OPENQOE_TLS_KEY".to_owned(), path(&pair.key)),
        ];
        if client_auth != "none" {
            environment.push(("OPENQOE_TLS_CLIENT_CA".to_owned(), path(&self.ca())));
            environment.push(("OPENQOE_TLS_CLIENT_AUTH".to_owned(), client_auth.to_owned()));
        }
        environment
    }

    /// A client that believes this authority.
    pub(crate) fn client(&self) -> Client<'_> {
        Client { authority: self, pair: None, versions: rustls::ALL_VERSIONS }
    }
}

/// How a client greets.
pub(crate) struct Client<'a> {
    pub(crate) authority: &'a Authority,
    pub(crate) pair: Option<Pair>,
    pub(crate) versions: &'static [&'static SupportedProtocolVersion],
}

/// A connection after its handshake.
pub(crate) type Stream = StreamOwned<ClientConnection, TcpStream>;

impl Client<'_> {
    pub(crate) fn with(self, pair: &Pair) -> Self {
        Client { pair: Some(pair.clone()), ..self }
    }

    /// Greets a gateway that calls itself `localhost`.
    pub(crate) fn connect(&self, address: &str) -> std::io::Result<Stream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.authority.ca()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(self.versions);
        let builder = builder.unwrap().with_root_certificates(roots);
        let mut config = match &self.pair {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let chain = vec![CertificateDer::from_pem_file(&pair.cert).unwrap()];
                builder
                    .with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(&pair.key).unwrap())
                    .unwrap()
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).map_err(std::io::Error::other)?;
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(std::time::Duration::from_secs(30)))?;
        let mut stream = StreamOwned::new(connection, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }

    /// Sends a batch over a connection of its own. In TLS 1.3 a refused client hears of it only now.
    pub(crate) fn post(&self, address: &str, body: &[u8]) -> std::io::Result<Answer> {
        let mut stream = self.connect(address)?;
        send(&mut stream, "POST /v1/ingest", "close", body)?;
        try_read(stream)
    }
}

/// Writes a request.
pub(crate) fn send(stream: &mut Stream, line: &str, connection: &str, body: &[u8]) -> std::io::Result<()> {
    let head = format!(
        "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: {connection}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}
