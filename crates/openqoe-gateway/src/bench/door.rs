//! Where the bodies of one protocol go, and how many events the gateway will find in each: they are read here as it reads them.

use anyhow::{Context, Result, bail};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Uri};
use bytes::Bytes;
use openqoe_ingest::{PROTOCOLS, Payload, ProtocolDef};
use openqoe_load::Generator;

use super::command::Bench;
use crate::push::{Answer, BasicAuth, Endpoint, Pairs, Settings, url_problem};

/// An address, and who asks there.
pub(super) struct Door {
    url: Uri,
    settings: Settings,
    headers: HeaderMap,
    query: &'static str,
    /// None for what is no event, such as points.
    protocol: Option<&'static ProtocolDef>,
}

/// A connection of its own.
pub(super) struct Way {
    endpoint: Endpoint,
    headers: HeaderMap,
}

impl Door {
    /// Prepares everything but connections.
    ///
    /// # Errors
    /// When the URL or the key cannot be used.
    pub(super) fn new(generator: &'static Generator, bench: &Bench) -> Result<Door> {
        let base = bench.url.trim_end_matches('/');
        if let Some(problem) = url_problem(base, "http://127.0.0.1:8080") {
            bail!("{base} {problem}");
        }
        let url = format!("{base}{}", generator.path).parse().with_context(|| base.to_owned())?;
        let settings = Settings {
            section: "openqoe bench",
            timeout: bench.timeout,
            ca_file: bench.ca.clone().unwrap_or_default(),
            headers: Pairs::default(),
            header_files: Pairs::default(),
            bearer_token_file: bench.key_file.clone().unwrap_or_default(),
            basic_auth: BasicAuth::default(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(generator.media_type));
        let said = bench.key.clone().or_else(|| std::env::var("OPENQOE_KEY").ok());
        if let Some(key) = said.filter(|_| bench.key_file.is_none()) {
            let mut key = HeaderValue::try_from(format!("Bearer {key}")).context("--key")?;
            key.set_sensitive(true);
            headers.insert(AUTHORIZATION, key);
        }
        let query = generator.path.split_once('?').map_or("", |(_, query)| query);
        let protocol = PROTOCOLS.iter().find(|protocol| protocol.id == generator.protocol);
        let door = Door { url, settings, headers, query, protocol };
        // What is wrong with a file is said before anything is sent.
        door.open().map(|_| door)
    }

    /// A connection, which is made with its first request.
    ///
    /// # Errors
    /// When a file of the settings cannot be used.
    pub(super) fn open(&self) -> Result<Way> {
        let endpoint = Endpoint::new(self.url.clone(), self.settings.clone())?;
        Ok(Way { endpoint, headers: self.headers.clone() })
    }

    /// Events in a body; where it is not made of events, the items it says.
    pub(super) fn events(&self, body: &[u8], items: usize) -> u64 {
        let Some(protocol) = self.protocol else { return items as u64 };
        let payload = Payload { query: self.query, ..Payload::of(body) };
        (protocol.decode)(&payload).map_or(0, |decoded| decoded.accepted() as u64)
    }
}

impl Way {
    /// Sends one body.
    ///
    /// # Errors
    /// When there is no answer, or not in time: why, in words.
    pub(super) async fn post(&self, body: Bytes) -> Result<Answer, String> {
        self.endpoint.post(self.headers.clone(), body).await
    }
}
