//! The parts of the process a reader of `/api/v1/health` sees, each with its state and its figures, and what is wrong with it.

use openqoe_metrics::Figure;
use openqoe_spec::metrics::process::{Counter, Gauge, Histogram};
use openqoe_spec::metrics::tenant::Counter::{FilterBatches, FilterFailures};
use openqoe_spec::{
    EdgeError, FilterFailure, FilterResult, HandshakeFailure, JournalOperation, PrivacyOperation,
    RemoteWriteDrop, RemoteWriteOutcome,
};
use serde::Serialize;

use crate::gateway::Gateway;
use crate::tenant::Tenant;

/// One part.
#[derive(Serialize)]
pub(super) struct Part {
    name: &'static str,
    pub(super) state: State,
    facts: Vec<Fact>,
}

#[derive(Clone, Copy, Serialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Ok,
    Trouble,
    Off,
}

#[derive(Serialize)]
struct Fact {
    name: &'static str,
    value: Option<f64>,
    unit: &'static str,
    query: String,
}

/// Something somebody should look at.
#[derive(Serialize)]
pub(super) struct Problem {
    pub(super) severity: &'static str,
    pub(super) text: String,
    pub(super) hint: &'static str,
}

/// What is being said.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) parts: Vec<Part>,
    pub(super) problems: Vec<Problem>,
}

impl Parts {
    /// Everything there is to say of a gateway.
    pub(super) fn of(gateway: &Gateway) -> Parts {
        let mut parts = Parts::default();
        parts.shards(gateway);
        parts.journal(gateway);
        parts.archive(gateway);
        parts.remote_write(gateway);
        parts.edge(gateway);
        parts.scrape(gateway);
        parts.listeners(gateway);
        parts.tls(gateway);
        parts.privacy(gateway);
        parts.filters(gateway);
        parts
    }

    fn say(
        &mut self,
        name: &'static str,
        state: State,
        facts: impl IntoIterator<Item = (&'static str, Figure)>,
    ) {
        let fact = |(name, Figure { value, query, unit, .. })| Fact { name, value, unit, query };
        self.parts.push(Part { name, state, facts: facts.into_iter().map(fact).collect() });
    }

    /// Says it when it is so, and answers with the state that comes of it.
    fn problem(
        &mut self,
        is_so: bool,
        severity: &'static str,
        text: impl FnOnce() -> String,
        hint: &'static str,
    ) -> State {
        if is_so {
            self.problems.push(Problem { severity, text: text(), hint });
            State::Trouble
        } else {
            State::Ok
        }
    }

    fn shards(&mut self, gateway: &Gateway) {
        let pressure = gateway.pressure();
        let stopped = gateway.shards.iter().filter(|shard| shard.thread.is_finished()).count();
        let mut state = self.problem(
            stopped > 0,
            "critical",
            || format!("{stopped} of {} shards have stopped", gateway.shards.len()),
            "see the log for why, then restart; the journal has everything acknowledged",
        );
        let full = self.problem(
            pressure > 0.8,
            "warning",
            || format!("the fullest queue is {:.0} % full", pressure * 100.0),
            "senders are asked for less; give it more cores or raise `limits.queue`",
        );
        state = if full == State::Trouble { full } else { state };
        self.say("shards", state, [("batches waiting", gateway.process.gauge(Gauge::GatewayQueueDepth))]);
    }

    fn journal(&mut self, gateway: &Gateway) {
        let row = &gateway.process;
        if gateway.config.data_dir.as_os_str().is_empty() {
            self.problem(
                true,
                "info",
                || {
                    "without `data_dir` nothing survives a restart, and there are no sessions to look at"
                        .into()
                },
                "set `data_dir` or OPENQOE_DATA_DIR",
            );
            return self.say("journal", State::Off, []);
        }
        let failed = total(
            JournalOperation::ALL.iter().map(|operation| row.counter(Counter::JournalErrors(*operation))),
        );
        let state = self.problem(
            is_any(&failed),
            "warning",
            || {
                format!(
                    "{:.0} operations of the journal have failed since the start",
                    failed.value.unwrap_or_default()
                )
            },
            "a failed append is answered 503 and sent again; see docs/runbooks and the log",
        );
        let facts = [
            ("appended", row.counter(Counter::JournalAppendedBytes)),
            ("append p99", row.quantile(Histogram::JournalAppendDurationSeconds, 0.99)),
            ("checkpoint p99", row.quantile(Histogram::JournalCheckpointDurationSeconds, 0.99)),
            ("batches replayed at the start", row.counter(Counter::JournalReplayedBatches)),
            ("failed operations", failed),
        ];
        self.say("journal", state, facts);
    }

    fn archive(&mut self, gateway: &Gateway) {
        let row = &gateway.process;
        if gateway.config.data_dir.as_os_str().is_empty() {
            return self.say("archive", State::Off, []);
        }
        let lost = row.counter(Counter::ArchiveRowsLost);
        let state = self.problem(
            is_any(&lost),
            "warning",
            || "rows of ended sessions could not be written; their events stay in the journal".into(),
            "look for room on the disk of `data_dir`",
        );
        self.problem(
            is_any(&row.counter(Counter::SloStoreErrors)),
            "warning",
            || {
                "histories of objectives could not be written or read; a restart will not find all of them"
                    .into()
            },
            "look for room on the disk of `data_dir`, and at the log",
        );
        self.say(
            "archive",
            state,
            [("rows written", row.counter(Counter::ArchiveRows)), ("rows lost", lost)],
        );
    }

    fn remote_write(&mut self, gateway: &Gateway) {
        let row = &gateway.process;
        if !gateway.config.remote_write.is_on() {
            return self.say("remote_write", State::Off, []);
        }
        let age = row.gauge(Gauge::RemoteWriteOldestPendingAgeSeconds);
        let late = age.value.is_some_and(|age| age > 60.0);
        let mut state = self.problem(
            late,
            "warning",
            || format!("samples wait {:.0} s for the remote write receiver", age.value.unwrap_or_default()),
            "is the receiver up? Samples wait on disk until `remote_write.queue_max_age`",
        );
        let dropped = total(
            RemoteWriteDrop::ALL
                .iter()
                .map(|reason| row.counter(Counter::RemoteWriteSamplesDropped(*reason))),
        );
        let gone = self.problem(
            is_any(&dropped),
            "warning",
            || {
                format!(
                    "{:.0} samples were given up before the receiver had them",
                    dropped.value.unwrap_or_default()
                )
            },
            "raise `remote_write.queue_max_bytes` or see why the receiver is slow",
        );
        state = if gone == State::Trouble { gone } else { state };
        let refused = RemoteWriteOutcome::Refused;
        let facts = [
            ("samples sent", row.counter(Counter::RemoteWriteSamplesSent)),
            ("samples waiting", row.gauge(Gauge::RemoteWritePendingSamples)),
            ("oldest waits", age),
            ("samples dropped", dropped),
            ("samples refused", row.counter(Counter::RemoteWriteSamplesFailed)),
            ("requests refused", row.counter(Counter::RemoteWriteRequests(refused))),
            ("last success", row.gauge(Gauge::RemoteWriteLastSuccessTimestampSeconds)),
        ];
        self.say("remote_write", state, facts);
    }

    fn edge(&mut self, gateway: &Gateway) {
        let row = &gateway.process;
        if gateway.edge.is_none() {
            return self.say("edge", State::Off, []);
        }
        let up = row.gauge(Gauge::EdgeUpstreamUp);
        let state = self.problem(
            up.value == Some(0.0),
            "critical",
            || "the core does not take what this edge forwards".into(),
            "batches wait in the journal up to `journal.max_bytes`; see docs/guide/edge.md",
        );
        let errors = total(EdgeError::ALL.iter().map(|error| row.counter(Counter::EdgeErrors(*error))));
        let facts = [
            ("core takes batches", up),
            ("batches forwarded", row.counter(Counter::EdgeForwardedBatches)),
            ("bytes waiting", row.gauge(Gauge::EdgeBacklogBytes)),
            ("oldest waits", row.gauge(Gauge::EdgeBacklogAgeSeconds)),
            ("requests that failed", errors),
        ];
        self.say("edge", state, facts);
    }

    fn scrape(&mut self, gateway: &Gateway) {
        let row = &gateway.process;
        self.say(
            "scrape",
            State::Ok,
            [("duration p99", row.quantile(Histogram::GatewayScrapeDurationSeconds, 0.99))],
        );
    }

    fn listeners(&mut self, gateway: &Gateway) {
        let row = &gateway.process;
        let refused = row.counter(Counter::GatewayConnectionsRefused);
        let state = self.problem(
            is_any(&refused),
            "warning",
            || "connections were refused because `limits.max_connections` were open".into(),
            "raise it, or see who holds them",
        );
        let reload = row.gauge(Gauge::GatewayConfigLastReloadSuccessful);
        self.problem(
            reload.value == Some(0.0),
            "warning",
            || "the configuration on disk is not good; the one before stays in use".into(),
            "`openqoe check-config` says what is wrong",
        );
        let facts = [
            ("connections", row.gauge(Gauge::GatewayConnections)),
            ("connections refused", refused),
            ("configuration is good", reload),
        ];
        self.say("listeners", state, facts);
    }

    fn tls(&mut self, gateway: &Gateway) {
        let row = &gateway.process;
        let expiry = row.gauge(Gauge::TlsCertificateExpiryTimestampSeconds);
        let Some(ends) = expiry.value else { return self.say("tls", State::Off, []) };
        let days = (ends - crate::clock::now_ms() as f64 / 1000.0) / 86_400.0;
        let state = self.problem(
            days < 14.0,
            if days < 1.0 { "critical" } else { "warning" },
            || format!("the certificate ends in {days:.1} days"),
            "put a new one in place; it is read without a restart",
        );
        let failures = total(
            HandshakeFailure::ALL.iter().map(|reason| row.counter(Counter::TlsHandshakeFailures(*reason))),
        );
        let facts = [("certificate ends", expiry), ("handshakes failed", failures)];
        self.say("tls", state, facts);
    }

    fn privacy(&mut self, gateway: &Gateway) {
        let row = &gateway.process;
        let failed = total(
            PrivacyOperation::ALL.iter().map(|operation| row.counter(Counter::PrivacyErrors(*operation))),
        );
        let state = self.problem(
            is_any(&failed),
            "warning",
            || {
                format!(
                    "salts or databases of networks could not be renewed {:.0} times",
                    failed.value.unwrap_or_default()
                )
            },
            "see the log; what was there stays in use",
        );
        self.say("privacy", state, [("failed renewals", failed)]);
    }

    fn filters(&mut self, gateway: &Gateway) {
        let row = &gateway.process;
        let modules = row.gauge(Gauge::FilterModules);
        if !is_any(&modules) {
            return self.say("filters", State::Off, []);
        }
        let tenants = gateway.tenants.all();
        let over =
            |counter: fn(&Tenant) -> Vec<Figure>| total(tenants.iter().flat_map(|tenant| counter(tenant)));
        let failed = over(|tenant| {
            FilterFailure::ALL.iter().map(|reason| tenant.row().counter(FilterFailures(*reason))).collect()
        });
        let state = self.problem(
            is_any(&failed),
            "warning",
            || format!("filters failed at {:.0} batches since the start", failed.value.unwrap_or_default()),
            "the log says which and why; what became of the batches is the `on_error` of the filter",
        );
        let dropped = over(|tenant| vec![tenant.row().counter(FilterBatches(FilterResult::Dropped))]);
        let facts = [
            ("filters", modules),
            ("batches dropped", dropped),
            ("batches failed at", failed),
            ("duration p99", row.quantile(Histogram::FilterDurationSeconds, 0.99)),
        ];
        self.say("filters", state, facts);
    }
}

fn is_any(figure: &Figure) -> bool {
    figure.value.is_some_and(|value| value > 0.0)
}

/// The sum over a metric's closed labels.
fn total(figures: impl Iterator<Item = Figure>) -> Figure {
    let mut figures = figures.peekable();
    let metric = figures.peek().map_or("", |figure| figure.metric);
    let value = figures.filter_map(|figure| figure.value).sum();
    Figure { metric, value: Some(value), query: format!("sum({metric})"), unit: "" }
}
