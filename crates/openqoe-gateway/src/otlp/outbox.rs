//! Spans or log records on their way to be a request: gathered by tenant, packed when they are many or have waited a moment,
//! and put where the sender finds them, unless too much waits there already.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use flate2::write::GzEncoder;
use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::metrics::process::{Counter, Gauge};
use openqoe_spec::{OtlpDrop, OtlpSignal};
use prost::Message;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::attributes::attribute;
use super::config::{Compression, Config};
use super::message::{KeyValue, Request, Resource, ResourceItems, Scope, ScopeItems};
use super::own_resource;
use crate::push::Seldom;

/// Bytes of items that make a request: receivers take a few MiB.
const MAX_BYTES: usize = 1 << 20;
/// Spans or records that do: what a batch processor of OpenTelemetry's own sends, four times over.
const MAX_ITEMS: usize = 2048;
/// How long an item waits for company.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// A request to be sent.
#[derive(Debug)]
pub(super) struct Packet {
    /// Spans, log records or metric points in it.
    pub(super) items: usize,
    /// Compressed.
    pub(super) body: Bytes,
    pub(super) made_at: Instant,
}

/// What waits for the receiver of one signal.
#[derive(Debug)]
pub(super) struct Backlog {
    pub(super) signal: OtlpSignal,
    bytes: AtomicUsize,
    process: Arc<SharedRow<ProcessScope>>,
}

impl Backlog {
    pub(super) fn new(signal: OtlpSignal, process: Arc<SharedRow<ProcessScope>>) -> Backlog {
        process.set(Gauge::OtlpPendingBytes(signal), 0.0);
        Backlog { signal, bytes: AtomicUsize::new(0), process }
    }

    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: usize) {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.process.set(Gauge::OtlpPendingBytes(self.signal), (before + bytes) as f64);
    }

    /// So many do not wait any more.
    pub(super) fn remove(&self, bytes: usize) {
        let before = self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.process.set(Gauge::OtlpPendingBytes(self.signal), before.saturating_sub(bytes) as f64);
    }

    /// Items are given up.
    pub(super) fn drop_items(&self, reason: OtlpDrop, items: usize) {
        self.process.count(Counter::OtlpDropped(self.signal, reason), items as f64);
    }
}

/// The items of one signal.
pub(super) struct Outbox {
    /// What every resource is said to be.
    resource: Vec<KeyValue>,
    by_tenant: BTreeMap<Box<str>, Vec<Vec<u8>>>,
    /// Requests of others, encoded.
    passed: Vec<u8>,
    items: usize,
    bytes: usize,
    since: Option<Instant>,
    backlog: Arc<Backlog>,
    max_bytes: usize,
    compression: Compression,
    /// Bounded by its bytes.
    queue: mpsc::UnboundedSender<Packet>,
    drops: Seldom,
}

impl Outbox {
    /// An outbox before a queue.
    pub(super) fn new(
        config: &Config,
        backlog: Arc<Backlog>,
        queue: mpsc::UnboundedSender<Packet>,
    ) -> Outbox {
        let Config { resource, queue_max_bytes: max_bytes, compression, .. } = config;
        let (max_bytes, compression) = (*max_bytes, *compression);
        let resource = own_resource(resource).iter().map(|(name, value)| attribute(name, &**value)).collect();
        let (by_tenant, drops) = (BTreeMap::new(), Seldom::default());
        Outbox {
            resource,
            by_tenant,
            passed: Vec::new(),
            items: 0,
            bytes: 0,
            since: None,
            backlog,
            max_bytes,
            compression,
            queue,
            drops,
        }
    }

    /// Puts an item of a tenant's in.
    pub(super) fn push(&mut self, tenant: &str, item: &impl Message) {
        let item = item.encode_to_vec();
        (self.items, self.bytes) = (self.items + 1, self.bytes + item.len());
        self.since.get_or_insert_with(Instant::now);
        match self.by_tenant.get_mut(tenant) {
            Some(items) => items.push(item),
            None => drop(self.by_tenant.insert(tenant.into(), vec![item])),
        }
        self.flush_if_full();
    }

    /// Puts a whole request of others in. Requests one behind the other are one: a message that is read twice is merged
    /// (Protocol Buffers, "Encoding: Last One Wins").
    pub(super) fn pass(&mut self, message: &[u8], items: usize) {
        (self.items, self.bytes) = (self.items + items, self.bytes + message.len());
        self.since.get_or_insert_with(Instant::now);
        self.passed.extend_from_slice(message);
        self.flush_if_full();
    }

    /// Whether more can wait for the receiver.
    pub(super) fn has_room(&self) -> bool {
        self.backlog.bytes() + self.bytes < self.max_bytes
    }

    fn flush_if_full(&mut self) {
        if self.items >= MAX_ITEMS || self.bytes >= MAX_BYTES {
            self.flush();
        }
    }

    /// When what is in it has waited long enough.
    pub(super) fn due(&self) -> Option<Instant> {
        self.since.map(|since| since + MAX_WAIT)
    }

    /// Makes a request of what is in it.
    pub(super) fn flush(&mut self) {
        if self.since.take().is_none() {
            return;
        }
        let items = std::mem::take(&mut self.items);
        self.bytes = 0;
        let resources = std::mem::take(&mut self.by_tenant).into_iter().map(|(tenant, items)| {
            let mut attributes = self.resource.clone();
            attributes.push(attribute("openqoe.tenant", &*tenant));
            let scope = Scope { name: "openqoe".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
            let scopes = vec![ScopeItems { scope: Some(scope), items }];
            ResourceItems { resource: Some(Resource { attributes }), scopes }
        });
        let mut message = Request { resources: resources.collect() }.encode_to_vec();
        message.append(&mut self.passed);
        let body = match self.compression {
            Compression::Gzip => gzip(&message),
            Compression::None => message.into(),
        };
        let length = body.len();
        if self.backlog.bytes() + length > self.max_bytes {
            self.backlog.drop_items(OtlpDrop::QueueFull, items);
            if self.drops.is_due() {
                let signal = self.backlog.signal.as_str();
                tracing::warn!(
                    signal,
                    items,
                    "otlp: too much waits for the receiver, what is new is dropped; said once a minute"
                );
            }
            return;
        }
        self.backlog.add(length);
        // A sender that is gone has ended with the process.
        let _ = self.queue.send(Packet { items, body, made_at: Instant::now() });
    }
}

fn gzip(bytes: &[u8]) -> Bytes {
    let mut packer = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), flate2::Compression::fast());
    // Writing to memory does not fail.
    let _ = packer.write_all(bytes);
    packer.finish().unwrap_or_default().into()
}
