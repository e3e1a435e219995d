//! Takes the simulated viewers' batches to the gateway, over few connections and through outages. A lane is one
//! connection with a queue of its own; a session keeps to its lane, so its batches stay in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::{Method, Request, Response, StatusCode, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, info, warn};

use super::chance::Chance;
use super::viewer_wire;

const LANES: usize = 16;
const LANE_QUEUE: usize = 128;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// A batch that is older says nothing about now any more.
const MAX_AGE: Duration = Duration::from_secs(60);
const FIRST_BACK_OFF: Duration = Duration::from_millis(500);
const MAX_BACK_OFF: Duration = Duration::from_secs(15);
const MAX_ANSWER: usize = 64 * 1024;

type HttpClient = Client<HttpConnector, Full<Bytes>>;

/// The wall clock as it was when the demo began, carried on by the monotonic one.
#[derive(Clone, Copy)]
pub(crate) struct WallClock {
    /// Epoch ms of the beginning.
    pub(crate) epoch_ms: u64,
    /// The same moment, monotonic.
    pub(crate) began: Instant,
}

impl WallClock {
    /// The clock that begins now.
    pub(crate) fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { epoch_ms: since.as_millis() as u64, began: Instant::now() }
    }

    /// Ms since it began.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}

/// A batch to be sent, but for its `sent_at`.
pub(crate) struct Parcel {
    /// What [`viewer_wire::batch_tail`] made.
    pub(crate) tail: String,
    /// When it was to be sent.
    pub(crate) due: Instant,
}

/// The lanes. They end with it.
pub(crate) struct Courier {
    lanes: Vec<mpsc::Sender<Parcel>>,
    outage: Arc<Outage>,
    _tasks: JoinSet<()>,
}

impl Courier {
    /// Opens the lanes to an `http:` URL.
    pub(crate) fn start(url: &Uri, clock: WallClock) -> Self {
        let client: HttpClient = Client::builder(TokioExecutor::new()).build_http();
        let outage = Arc::<Outage>::default();
        let mut tasks = JoinSet::new();
        let lanes = (0..LANES).map(|number| {
            let (sender, parcels) = mpsc::channel(LANE_QUEUE);
            let chance = Chance::new(&[number as u64]);
            let lane =
                Lane { client: client.clone(), url: url.clone(), clock, outage: outage.clone(), chance };
            tasks.spawn(lane.run(parcels));
            sender
        });
        Self { lanes: lanes.collect(), outage, _tasks: tasks }
    }

    /// Queues a parcel of this seat; drops it when the lane is full, as nobody may wait.
    pub(crate) fn send(&self, seat: usize, parcel: Parcel) {
        if self.lanes[seat % self.lanes.len()].try_send(parcel).is_err() {
            self.outage.dropped.fetch_add(1, Relaxed);
        }
    }
}

/// What the log is told about an outage: its beginning and its end, once for all lanes.
#[derive(Default)]
struct Outage {
    on: AtomicBool,
    dropped: AtomicU64,
    refused: AtomicBool,
}

impl Outage {
    fn begin(&self, url: &Uri, why: &str) {
        if !self.on.swap(true, Relaxed) {
            warn!(%url, why, "simulated viewers cannot reach the gateway; they keep trying");
        }
    }

    fn end(&self) {
        if self.on.swap(false, Relaxed) {
            let dropped = self.dropped.swap(0, Relaxed);
            info!(dropped, "simulated viewers reach the gateway again");
        }
    }

    /// A defect of the model or of the gateway: worth one warning, not one a second.
    fn refuse(&self, status: StatusCode, answer: &str) {
        if !self.refused.swap(true, Relaxed) {
            warn!(%status, answer, "the gateway refused events of a simulated viewer; the next ones are logged as debug");
        } else {
            debug!(%status, answer, "the gateway refused events of a simulated viewer");
        }
    }
}

struct Lane {
    client: HttpClient,
    url: Uri,
    clock: WallClock,
    outage: Arc<Outage>,
    chance: Chance,
}

impl Lane {
    async fn run(mut self, mut parcels: mpsc::Receiver<Parcel>) {
        while let Some(parcel) = parcels.recv().await {
            self.carry(parcel).await;
        }
    }

    async fn carry(&mut self, parcel: Parcel) {
        let mut back_off = FIRST_BACK_OFF;
        while parcel.due.elapsed() < MAX_AGE {
            let Err(wait) = self.post(&parcel.tail).await else { return };
            let wait = wait.unwrap_or(back_off).min(MAX_BACK_OFF);
            sleep(wait.mul_f64(self.chance.uniform(0.75, 1.25))).await;
            back_off = (back_off * 2).min(MAX_BACK_OFF);
        }
        self.outage.dropped.fetch_add(1, Relaxed);
    }

    /// One attempt. `Err` asks for another, after the time the gateway named.
    async fn post(&self, tail: &str) -> Result<(), Option<Duration>> {
        let sent_at = self.clock.epoch_ms + self.clock.elapsed_ms();
        let body = Full::from(viewer_wire::batch(tail, sent_at));
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.url)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|_| None)?;
        match timeout(REQUEST_TIMEOUT, self.exchange(request)).await {
            Ok(Ok((status, retry_after, answer))) => self.judge(status, retry_after, &answer),
            Ok(Err(error)) => {
                self.outage.begin(&self.url, &error.to_string());
                Err(None)
            }
            Err(_) => {
                self.outage.begin(&self.url, "no answer in time");
                Err(None)
            }
        }
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, BoxError> {
        let response = self.client.request(request).await?;
        let status = response.status();
        let retry_after = retry_after(&response);
        // Read to its end, or the connection could not be used again.
        let answer = Limited::new(response.into_body(), MAX_ANSWER).collect().await?.to_bytes();
        Ok((status, retry_after, String::from_utf8_lossy(&answer).into_owned()))
    }

    fn judge(
        &self,
        status: StatusCode,
        wait: Option<Duration>,
        answer: &str,
    ) -> Result<(), Option<Duration>> {
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            self.outage.begin(&self.url, status.as_str());
            return Err(wait);
        }
        self.outage.end();
        if !status.is_success() || answer.contains("\"rejected\"") {
            self.outage.refuse(status, answer);
        }
        Ok(())
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Answer = (StatusCode, Option<Duration>, String);

fn retry_after<T>(response: &Response<T>) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
