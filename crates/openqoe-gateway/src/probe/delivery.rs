//! Takes batches to a gateway: this one, or another over HTTP. They wait in a bounded queue, one is under way at a time, and it is tried again
//! for a minute.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use openqoe_ingest::{PROTOCOLS, Payload, ProtocolDef};
use openqoe_spec::{Protocol, SPEC_VERSION};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

use crate::clock::now_ms;
use crate::gateway::Gateway;
use crate::privacy::RequestContext;
use crate::push::{Endpoint, Outage};
use crate::tenant::Tenant;

/// Batches waiting: minutes of many sessions.
const QUEUE: usize = 256;
/// Age beyond which a batch is given up.
const MAX_AGE: Duration = Duration::from_secs(60);

/// Where batches go.
pub(super) enum Door {
    Http(Box<Endpoint>),
    /// Straight in, past the sockets, but past no limit and no ledger.
    Inside(Arc<Gateway>, Arc<Tenant>),
    /// Nowhere: the figures are all that is wanted.
    Nowhere,
}

/// A batch but for its `sent_at`, which differs when it is sent again.
pub(super) struct Parcel {
    pub(super) batch: Value,
    pub(super) events: usize,
}

/// What was given up: how many events, and why the last of them were.
#[derive(Default)]
struct Lost(Mutex<Option<(usize, String)>>);

impl Lost {
    fn note(&self, events: usize, why: String) {
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = lost.as_ref().map_or(0, |(events, _)| *events);
        *lost = Some((before + events, why));
    }

    fn take(&self) -> Option<(usize, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The queue.
pub(super) struct Delivery {
    queue: mpsc::Sender<(Instant, Parcel)>,
    lost: Arc<Lost>,
}

/// Its end: comes when everything has been taken, or given up, and all senders are gone.
pub(super) type Delivered = oneshot::Receiver<Option<(usize, String)>>;

impl Delivery {
    /// Starts it.
    pub(super) fn start(door: Door) -> (Arc<Delivery>, Delivered) {
        let (queue, parcels) = mpsc::channel(QUEUE);
        let lost = Arc::<Lost>::default();
        let (done, delivered) = oneshot::channel();
        let delivery = Arc::new(Delivery { queue, lost: lost.clone() });
        tokio::spawn(async move {
            carry(door, parcels, &lost).await;
            let _ = done.send(lost.take());
        });
        (delivery, delivered)
    }

    /// Queues a parcel; drops it when the queue is full, as nobody may wait.
    pub(super) fn send(&self, parcel: Parcel) {
        if let Err(error) = self.queue.try_send((Instant::now(), parcel)) {
            let (_, parcel) = error.into_inner();
            self.lost.note(parcel.events, "the queue is full".into());
        }
    }

    /// What was given up since the last time: how many events, and why the last of them were.
    pub(super) fn take_lost(&self) -> Option<(usize, String)> {
        self.lost.take()
    }
}

/// Waits for the end of a delivery, but not for ever; what was given up, if anything.
pub(super) async fn finish(delivered: Delivered, patience: Duration) -> Option<(usize, String)> {
    match timeout(patience, delivered).await {
        Ok(lost) => lost.ok().flatten(),
        Err(_) => Some((0, "it does not answer; what waited for it is lost".into())),
    }
}

async fn carry(door: Door, mut parcels: mpsc::Receiver<(Instant, Parcel)>, lost: &Lost) {
    let mut outage = Outage::default();
    while let Some((since, mut parcel)) = parcels.recv().await {
        loop {
            match door.post(&mut parcel.batch).await {
                Ok(()) => break,
                Err(Refusal::ForGood(why)) => {
                    lost.note(parcel.events, why);
                    break;
                }
                Err(Refusal::ForNow(why, _)) if since.elapsed() > MAX_AGE => {
                    lost.note(parcel.events, why);
                    break;
                }
                Err(Refusal::ForNow(_, retry_after)) => sleep(outage.failed(retry_after).0).await,
            }
        }
        outage.ended();
    }
}

enum Refusal {
    ForGood(String),
    ForNow(String, Option<Duration>),
}

impl Door {
    async fn post(&self, batch: &mut Value) -> Result<(), Refusal> {
        batch["spec_version"] = SPEC_VERSION.into();
        batch["sent_at"] = now_ms().into();
        let body = batch.to_string();
        match self {
            Door::Nowhere => Ok(()),
            Door::Http(endpoint) => over_http(endpoint, body).await,
            Door::Inside(gateway, tenant) => inside(gateway, tenant, &body).await,
        }
    }
}

async fn over_http(endpoint: &Endpoint, body: String) -> Result<(), Refusal> {
    let mut about = HeaderMap::new();
    about.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let answer = endpoint.post(about, body.into()).await.map_err(|why| Refusal::ForNow(why, None))?;
    let told = || format!("{} {}", answer.status, answer.line());
    let waits = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    match answer.status {
        status if status.is_server_error() || waits.contains(&status) => {
            Err(Refusal::ForNow(told(), answer.retry_after()))
        }
        status if !status.is_success() => Err(Refusal::ForGood(told())),
        _ => Ok(()),
    }
}

async fn inside(gateway: &Gateway, tenant: &Arc<Tenant>, body: &str) -> Result<(), Refusal> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static("openqoe-probe"));
    let context = RequestContext { peer: IpAddr::V4(Ipv4Addr::LOCALHOST), headers: &headers };
    let admitted = gateway.ingest(tenant, native(), &Payload::of(body.as_bytes()), &context).await;
    let admitted = admitted.map_err(|refused| Refusal::ForGood(refused.message))?;
    if admitted.shed > 0 {
        let wait = Duration::from_secs(admitted.retry_after);
        return Err(Refusal::ForNow(format!("no room: {}", admitted.shed_reason.as_str()), Some(wait)));
    }
    Ok(())
}

/// The protocol of the batches.
fn native() -> &'static ProtocolDef {
    PROTOCOLS.iter().find(|protocol| protocol.id == Protocol::Native).unwrap_or(&PROTOCOLS[0])
}
