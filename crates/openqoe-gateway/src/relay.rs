//! `POST /v1/relay`: what an edge forwards to a core. The body is frames of the edge's journal as they are; the answer says up
//! to which of them the core stands for, and which of those it refused for good.
//!
//! The time of arrival at the edge is believed: what a batch lay there is added to its sender's clock, so that its events
//! happened when they did, while silence and order are judged by when the core heard of them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use openqoe_spec::metrics::process::{Counter, Histogram};
use openqoe_spec::{Attribute, Batch, Outcome, RelayResult, Shed};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::access::sender;
use crate::clock::now_ms;
use crate::gateway::Gateway;
use crate::journal::{self, Entry, JournalError};
use crate::refusal::Refusal;
use crate::tenant::Tenant;
use crate::tls::Identity;

/// Where edges send to.
pub(crate) const PATH: &str = "/v1/relay";
/// What they send.
pub(crate) const CONTENT_TYPE: &str = "application/vnd.openqoe.journal";
/// Where they say where they are.
pub(crate) const POP: &str = "openqoe-edge-pop";

/// Bytes of a body.
const MAX_BODY: usize = 16 << 20;
/// How long the batches of one request may wait for room in the queues.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest id of a session.
const MAX_SESSION_ID: usize = 64;

/// What became of the batches of a request.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// So many from the first on need not come again. The others do.
    pub(crate) taken: usize,
    /// Those among them that are of no use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) refused: Vec<Refused>,
}

/// A batch the core cannot use.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// Its place in the request.
    pub(crate) index: usize,
    /// Why.
    pub(crate) message: String,
}

/// Takes a request of an edge.
pub(crate) async fn relay(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let scope = match scope(&gateway, &head) {
        Some(scope) => scope,
        None => {
            return problem(
                StatusCode::FORBIDDEN,
                "no_edge",
                "only an edge may forward for players, and this connection did not show that it is one",
                "show a client certificate of `tls.client_ca`, or a server key (docs/guide/edge.md)",
            );
        }
    };
    if !gateway.has_replayed() {
        let hint = "send it again after Retry-After seconds";
        return problem(StatusCode::SERVICE_UNAVAILABLE, "replaying", "the core has just started", hint);
    }
    let pop = head.headers.get(POP).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match read(body, gateway.config.limits.read_timeout).await {
        Ok(entries) => axum::Json(gateway.relay(entries, pop, &scope).await).into_response(),
        Err((status, message)) => problem(status, "unreadable", &message, "send frames of a journal, whole"),
    }
}

/// For whom an edge may speak.
enum Scope {
    All,
    /// A server key is one tenant's.
    One(Arc<Tenant>),
}

/// `None` for whoever is no edge.
fn scope(gateway: &Gateway, head: &Parts) -> Option<Scope> {
    let directory = gateway.access.directory();
    let peer = head.extensions.get::<Identity>();
    let is_known = peer.is_some_and(|peer| peer.bears(&gateway.config.tls.edge_names));
    // Where nobody is asked for a key, the same machine is near enough.
    let is_near = directory.open().is_some() && matches!(peer, Some(Identity::Near));
    if is_known || is_near { Some(Scope::All) } else { sender::server(&directory, head).map(Scope::One) }
}

async fn read(
    body: Body,
    timeout: Duration,
) -> Result<Vec<Result<Entry, JournalError>>, (StatusCode, String)> {
    let collected = tokio::time::timeout(timeout, Limited::new(body, MAX_BODY).collect()).await;
    let collected =
        collected.map_err(|_| (StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time".to_owned()))?;
    let bytes = collected.map_err(|error| (StatusCode::PAYLOAD_TOO_LARGE, error.to_string()))?.to_bytes();
    journal::entries(&bytes).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))
}

/// A batch on its way into the journal.
struct Sent {
    tenant: Arc<Tenant>,
    entry: (openqoe_spec::Protocol, usize),
    kept: tokio::sync::oneshot::Receiver<Result<(), Shed>>,
}

impl Gateway {
    /// Puts batches of an edge on their way in order, and waits until they are in the journal.
    async fn relay(&self, entries: Vec<Result<Entry, JournalError>>, pop: &str, scope: &Scope) -> Answer {
        let deadline = Instant::now() + PATIENCE;
        let count = entries.len();
        let mut refused = Vec::new();
        let mut sent = Vec::with_capacity(count);
        for (index, entry) in entries.into_iter().enumerate() {
            let entry =
                entry.map_err(|error| error.to_string()).and_then(|entry| self.admit(entry, pop, scope));
            match entry {
                Err(message) => {
                    tracing::error!(message, "a batch of an edge is refused");
                    refused.push(Refused { index, message });
                    sent.push(None);
                }
                Ok((tenant, entry)) => match self.send(tenant, entry, deadline).await {
                    Some(way) => sent.push(Some(way)),
                    // Those after it would overtake it.
                    None => break,
                },
            }
        }
        let taken = self.wait(sent).await;
        refused.retain(|refused| refused.index < taken);
        self.note_relayed(RelayResult::Refused, refused.len());
        self.note_relayed(RelayResult::Taken, taken - refused.len());
        self.note_relayed(RelayResult::PutOff, count - taken);
        Answer { taken, refused }
    }

    /// What has to be so of a batch, and what an edge knows about it.
    fn admit(&self, mut entry: Entry, pop: &str, scope: &Scope) -> Result<(Arc<Tenant>, Entry), String> {
        let tenant = match scope {
            Scope::All => self.tenant_of_edge(&entry.tenant),
            Scope::One(tenant) => Some(tenant.clone()).filter(|tenant| *tenant.name() == *entry.tenant),
        };
        let tenant = tenant
            .ok_or_else(|| format!("tenant `{}` is not known here, or not this edge's", entry.tenant))?;
        if entry.batch.session_id.is_empty() || entry.batch.session_id.len() > MAX_SESSION_ID {
            return Err("a session's id has 1 to 64 bytes".to_owned());
        }
        let now = now_ms();
        let lay = now.saturating_sub(entry.received_at);
        self.process.observe(Histogram::RelayDelaySeconds, lay as f64);
        entry.received_at = now;
        carry_forward(&mut entry.batch, lay);
        let says = !entry.batch.attributes.is_empty();
        if says && entry.batch.attributes.get(Attribute::EdgePop).is_empty() {
            // A name that breaks the rules is told at the edge, which checks its configuration.
            let _ = entry.batch.attributes.set(Attribute::EdgePop, pop);
        }
        Ok((tenant, entry))
    }

    async fn send(&self, tenant: Arc<Tenant>, entry: Entry, deadline: Instant) -> Option<Sent> {
        let Entry { protocol, received_at, batch, .. } = entry;
        let events = batch.events.len();
        let kept = self.take_over(&tenant, protocol, received_at, batch, deadline).await?;
        tenant.note_batch(protocol, events);
        Some(Sent { tenant, entry: (protocol, events), kept })
    }

    /// How many from the first on are durable, or are not to come again.
    async fn wait(&self, sent: Vec<Option<Sent>>) -> usize {
        let (mut taken, mut is_whole) = (0, true);
        for way in sent {
            if let Some(Sent { tenant, entry: (protocol, events), kept }) = way
                && let Err(reason) = kept.await.unwrap_or(Err(Shed::Journal))
            {
                tenant.note_outcome(protocol, Outcome::Shed(reason), events);
                is_whole = false;
            }
            taken += usize::from(is_whole);
        }
        taken
    }

    fn note_relayed(&self, result: RelayResult, batches: usize) {
        if batches > 0 {
            self.process.count(Counter::RelayBatches(result), batches as f64);
        }
    }
}

/// Adds to the reporter's clock what its batch has waited on the way since, so that [`Batch::origin`] stays where it was.
fn carry_forward(batch: &mut Batch, lay: u64) {
    batch.sent_at = batch.sent_at.max(batch.started_at).saturating_add(lay);
}

fn problem(status: StatusCode, error: &'static str, message: &str, hint: &'static str) -> Response {
    let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
    Refusal { status, error, message: message.to_owned(), hint, retry_after }.into_response()
}

#[cfg(test)]
mod tests {
    use openqoe_spec::Attributes;

    use super::*;

    proptest::proptest! {
        /// Events happened when they did, however long their batch lay at the edge and however wrong their clock is.
        #[test]
        fn what_lay_at_an_edge_keeps_its_times(
            started_at in 0..1_u64 << 41,
            sent_at in 0..1_u64 << 41,
            received_at in 0..1_u64 << 41,
            lay in 0..1_u64 << 35,
        ) {
            let session_id = "s".into();
            let mut batch =
                Batch { session_id, started_at, sent_at, attributes: Attributes::default(), events: Vec::new() };
            let origin = batch.origin(received_at);
            carry_forward(&mut batch, lay);
            let shift = batch.origin(received_at + lay);
            // Before 1970 there is nothing to keep.
            if origin > 0 { proptest::prop_assert_eq!(shift, origin); }
        }
    }
}
