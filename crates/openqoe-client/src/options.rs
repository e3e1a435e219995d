//! What the host may set. Wrong options are the one thing the client refuses: they are found on the first run.

use openqoe_spec::Attribute;

/// Why a client cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no origin in it.
    #[error("endpoint `{0}` is no URL; pass one such as https://collector.example.com/v1/ingest")]
    Endpoint(String),
    /// Shorter than a second.
    #[error("heartbeat_ms is {0}; it must be 1000 or more")]
    Heartbeat(u64),
}

/// Whether the viewer agrees to be measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// Yes.
    #[default]
    Granted,
    /// No: nothing is recorded, sent or kept.
    Denied,
}

/// What an objection by Global Privacy Control means, in the words of the gateway (docs/guide/privacy.md).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gpc {
    /// Measure, without the viewer's hash.
    #[default]
    Anonymise,
    /// As if consent were denied.
    Discard,
    /// Nothing.
    Ignore,
}

/// A value of an attribute; an empty one takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeValue {
    /// Which.
    pub attribute: Attribute,
    /// `true` or `false` for what is either.
    pub value: String,
}

/// How a client is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where the host posts to. The client needs its origin, to hash the viewer's id with.
    pub endpoint: String,
    /// Who watches, in clear. Hashed at once and not kept.
    pub viewer_id: Option<String>,
    /// What is known from the beginning.
    pub attributes: Vec<AttributeValue>,
    /// Milliseconds between heartbeats, 1,000 or more.
    pub heartbeat_ms: u64,
    /// Whether the viewer agrees.
    pub consent: Consent,
    /// Whether the platform says that the viewer objects.
    pub gpc_signal: bool,
    /// What that means.
    pub gpc: Gpc,
}

impl Options {
    /// Everything else as it is by default.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            viewer_id: None,
            attributes: Vec::new(),
            heartbeat_ms: 10_000,
            consent: Consent::Granted,
            gpc_signal: false,
            gpc: Gpc::Anonymise,
        }
    }

    /// Whether nothing at all may be done.
    pub(crate) fn silent(&self) -> bool {
        self.consent == Consent::Denied || (self.gpc_signal && self.gpc == Gpc::Discard)
    }

    /// Whether the viewer must not be recognisable.
    pub(crate) fn anonymous(&self) -> bool {
        self.gpc_signal && self.gpc != Gpc::Ignore
    }
}
