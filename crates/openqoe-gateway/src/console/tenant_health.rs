//! `GET /api/v1/tenants/NAME/health`: whether the tenant's books balance, and what it uses of its limits.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use openqoe_metrics::Figure;
use openqoe_spec::metrics::tenant::{Counter, Gauge};
use openqoe_spec::{BatchRejection, Guarded, Outcome, Protocol, SessionState};
use serde::Serialize;
use serde_json::{Value, json};

use super::unknown_tenant;
use crate::gateway::Gateway;
use crate::tenant::Tenant;

/// The books of one protocol since the start of the process.
#[derive(Serialize)]
struct Ledger {
    protocol: &'static str,
    received: u64,
    counted: u64,
    duplicate: u64,
    joined: u64,
    forwarded: u64,
    rejected: BTreeMap<&'static str, u64>,
    shed: BTreeMap<&'static str, u64>,
}

impl Ledger {
    fn of(tenant: &Tenant, protocol: Protocol) -> Ledger {
        let mut ledger = Ledger {
            protocol: protocol.as_str(),
            received: whole(tenant.row().counter(Counter::IngestEventsReceived(protocol))),
            counted: 0,
            duplicate: 0,
            joined: 0,
            forwarded: 0,
            rejected: BTreeMap::new(),
            shed: BTreeMap::new(),
        };
        for outcome in Outcome::ALL {
            let events = whole(tenant.row().counter(Counter::IngestEventOutcomes(protocol, outcome)));
            match outcome {
                Outcome::Counted => ledger.counted = events,
                Outcome::Duplicate => ledger.duplicate = events,
                Outcome::Joined => ledger.joined = events,
                Outcome::Forwarded => ledger.forwarded = events,
                Outcome::Rejected(reason) => drop(ledger.rejected.insert(reason.as_str(), events)),
                Outcome::Shed(reason) => drop(ledger.shed.insert(reason.as_str(), events)),
            }
        }
        ledger.rejected.retain(|_, events| *events > 0);
        ledger.shed.retain(|_, events| *events > 0);
        ledger
    }

    fn ended(&self) -> u64 {
        let refused: u64 = self.rejected.values().chain(self.shed.values()).sum();
        self.counted + self.duplicate + self.joined + self.forwarded + refused
    }
}

pub(super) async fn health(State(gateway): State<Arc<Gateway>>, Path(name): Path<String>) -> Response {
    let Some(tenant) = gateway.tenants.all().into_iter().find(|tenant| tenant.name() == name) else {
        return unknown_tenant(&gateway, &name).into_response();
    };
    // The shards answer after everything acknowledged so far, and say what waits.
    gateway.snapshot().await;
    let row = tenant.row();
    let ledger: Vec<Ledger> = Protocol::ALL.iter().map(|protocol| Ledger::of(&tenant, *protocol)).collect();
    let waiting = whole(row.gauge(Gauge::EngineEventsWaiting)) + whole(row.gauge(Gauge::EdgeEventsWaiting));
    let received: u64 = ledger.iter().map(|ledger| ledger.received).sum();
    let ended: u64 = ledger.iter().map(Ledger::ended).sum();
    let batches = Protocol::ALL.iter().map(|protocol| whole(row.counter(Counter::IngestBatches(*protocol))));
    let report = gateway.guard().report(&name);
    let label_sets = report.as_ref().map_or(
        json!({"used": 0, "limit": gateway.config.limits.max_label_sets, "refused": 0, "expired": 0}),
        |report| json!(report.label_sets),
    );
    let budgets = report.iter().flat_map(|report| &report.attributes).map(|attribute| {
        json!({
            "attribute": attribute.attribute,
            "used": attribute.admitted,
            "budget": attribute.budget,
            "folded": attribute.folded,
        })
    });
    Json(json!({
        "tenant": name,
        "waiting": waiting,
        "difference": received.cast_signed() - ended.cast_signed() - waiting.cast_signed(),
        "batches": batches.sum::<u64>(),
        "batches_rejected": batches_rejected(&tenant),
        "sessions_open": whole(row.gauge(Gauge::EngineSessions(SessionState::Open))),
        "sessions_parked": whole(row.gauge(Gauge::EngineSessions(SessionState::Parked))),
        "label_sets": label_sets,
        "budgets": budgets.collect::<Vec<_>>(),
        "quotas": quotas(&gateway, &tenant),
        "queries": queries(&tenant),
        "ledger": ledger,
    }))
    .into_response()
}

fn batches_rejected(tenant: &Tenant) -> BTreeMap<&'static str, u64> {
    let mut rejected = BTreeMap::new();
    for reason in BatchRejection::ALL {
        let of = |protocol: &Protocol| Counter::IngestBatchesRejected(*protocol, *reason);
        let batches = Protocol::ALL.iter().map(|protocol| whole(tenant.row().counter(of(protocol)))).sum();
        if batches > 0 {
            rejected.insert(reason.as_str(), batches);
        }
    }
    rejected
}

fn quotas(gateway: &Gateway, tenant: &Tenant) -> Vec<Value> {
    let fills = tenant.quota().fills(gateway.config.limits.queue);
    let quota = |(name, fill): (&str, Option<(u64, f64)>)| {
        let unit = if matches!(name, "events" | "bytes") { "per_second" } else { "count" };
        json!({"name": name, "limit": fill.map(|(limit, _)| limit), "fill": fill.map(|(_, fill)| fill), "unit": unit})
    };
    fills.into_iter().map(quota).collect()
}

/// The queries that give the figures, by their names in the answer.
fn queries(tenant: &Tenant) -> BTreeMap<&'static str, String> {
    let own = openqoe_metrics::label("tenant", tenant.name());
    let row = tenant.row();
    let protocol = Protocol::Native;
    let counter = |counter: Counter| row.counter(counter).metric;
    let outcomes = counter(Counter::IngestEventOutcomes(protocol, Outcome::Counted));
    let received = counter(Counter::IngestEventsReceived(protocol));
    let batches = counter(Counter::IngestBatches(protocol));
    let rejected = counter(Counter::IngestBatchesRejected(protocol, BatchRejection::MalformedJson));
    let folded = counter(Counter::MetricsOverflow(Guarded::Cdn));
    let (waiting, at_edge) =
        (row.gauge(Gauge::EngineEventsWaiting).metric, row.gauge(Gauge::EdgeEventsWaiting).metric);
    let sessions = row.gauge(Gauge::EngineSessions(SessionState::Open)).metric;
    let label_sets = row.gauge(Gauge::MetricsLabelSets).metric;
    BTreeMap::from([
        ("ledger", format!("sum by (protocol, outcome, reason) ({outcomes}{{{own}}})")),
        ("received", format!("sum by (protocol) ({received}{{{own}}})")),
        ("waiting", format!("sum({waiting}{{{own}}} or {at_edge}{{{own}}})")),
        ("batches", format!("sum({batches}{{{own}}})")),
        ("batches_rejected", format!("sum by (reason) ({rejected}{{{own}}})")),
        ("sessions", format!("{sessions}{{{own}}}")),
        ("label_sets", format!("{label_sets}{{{own}}}")),
        ("budgets", format!("{folded}{{{own}}}")),
    ])
}

fn whole(figure: Figure) -> u64 {
    figure.value.unwrap_or_default() as u64
}
