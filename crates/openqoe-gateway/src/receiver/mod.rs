//! The receivers of OTLP: metrics become series, traces and logs are passed on.
//!
//! ```text
//! public listener, 4318 ─> http ─┐            ┌─ metrics ─> Foreign (series by tenant) ─> /metrics, remote write
//! 4317 ──────────────────> grpc ─┴─ sender ─> ┤
//!                                             └─ traces, logs ─> scrubbed ─> otlp::Forward ─> otlp.endpoint
//! ```
//!
//! Both ways lead through [`Receiver`], so that they count, refuse and answer alike.

mod answer;
mod config;
mod grpc;
mod http;
mod listen;
mod spoken;

use std::sync::Arc;

use openqoe_ingest::otlp::{Collected, Labeling, MetricsRequest, Scrubbed, Scrubber, points};
use openqoe_metrics::{Foreign, Snapshot};
use openqoe_spec::metrics::tenant::{Counter, Gauge};
use openqoe_spec::{
    OtlpItemOutcome as ItemOutcome, OtlpItemSignal as ItemSignal, OtlpPointOutcome as PointOutcome,
    OtlpSignal, OtlpTransport,
};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use self::answer::Partial;
use self::spoken::Spoken;
use crate::clock::now_ms;
use crate::config::Config as Whole;
use crate::otlp::{Forward, Passed};
use crate::refusal::Refusal;
use crate::tenant::Tenant;

pub(crate) use config::Config;
pub(crate) use http::routes;
pub(crate) use listen::{bind, serve};

/// What receivers work with.
pub(crate) struct Receiver {
    foreign: Foreign,
    labeling: Labeling,
    scrubber: Scrubber,
    forward: Arc<Forward>,
    spoken: Spoken,
}

impl Receiver {
    pub(crate) fn new(config: &Whole, forward: Arc<Forward>) -> Receiver {
        let own = &config.otlp_receiver;
        let private = || own.private_attributes.iter().map(String::as_str);
        let labels = own.resource_labels.iter().map(String::as_str);
        Receiver {
            foreign: Foreign::new(own.limits(config.idle_label_sets()), now_ms()),
            labeling: Labeling::new(labels, private(), own.max_labels),
            scrubber: Scrubber::new(private()),
            forward,
            spoken: Spoken::default(),
        }
    }

    /// Folds metrics into their series.
    pub(crate) fn metrics(
        &self,
        tenant: &Tenant,
        transport: OtlpTransport,
        request: MetricsRequest,
    ) -> Partial {
        let Collected { points, rejected, empty } = points(request, &self.labeling);
        let received = points.len() + empty + rejected.iter().map(|each| each.points).sum::<usize>();
        let row = tenant.row();
        row.count(Counter::OtlpReceiverRequests(transport), 1.0);
        row.count(Counter::OtlpReceiverPoints, received as f64);
        let count =
            |outcome, points: usize| row.count(Counter::OtlpReceiverPointOutcomes(outcome), points as f64);
        let folded = self.foreign.fold(tenant.name(), points, now_ms());
        row.count(Counter::OtlpReceiverOverflow, folded.overflow as f64);
        count(PointOutcome::Folded, empty);
        let mut partial = Partial::default();
        for (outcome, points) in folded.outcomes.into_values() {
            count(outcome, points);
            if !is_good(outcome) {
                partial.rejected += points;
            }
        }
        folded.messages.iter().for_each(|(metric, why)| partial.say(&format!("{metric:?}: {why}")));
        for each in rejected {
            count(each.reason, each.points);
            partial.rejected += each.points;
            partial.say(&each.message);
        }
        partial
    }

    /// Passes spans on.
    ///
    /// # Errors
    /// When there is no room at the moment.
    pub(crate) fn traces(
        &self,
        tenant: &Tenant,
        transport: OtlpTransport,
        request: ExportTraceServiceRequest,
    ) -> Result<Partial, Refusal> {
        self.pass(tenant, transport, ItemSignal::Traces, self.scrubber.traces(request))
    }

    /// Passes log records on.
    ///
    /// # Errors
    /// When there is no room at the moment.
    pub(crate) fn logs(
        &self,
        tenant: &Tenant,
        transport: OtlpTransport,
        request: ExportLogsServiceRequest,
    ) -> Result<Partial, Refusal> {
        self.pass(tenant, transport, ItemSignal::Logs, self.scrubber.logs(request))
    }

    fn pass(
        &self,
        tenant: &Tenant,
        transport: OtlpTransport,
        signal: ItemSignal,
        scrubbed: Scrubbed,
    ) -> Result<Partial, Refusal> {
        let (items, row) = (scrubbed.items, tenant.row());
        row.count(Counter::OtlpReceiverRequests(transport), 1.0);
        row.count(Counter::OtlpReceiverItems(signal), items as f64);
        let count = |outcome| row.count(Counter::OtlpReceiverItemOutcomes(signal, outcome), items as f64);
        let towards = match signal {
            ItemSignal::Traces => OtlpSignal::Traces,
            ItemSignal::Logs => OtlpSignal::Logs,
        };
        match self.forward.pass(towards, &scrubbed.message, items) {
            Passed::Forwarded => {
                count(ItemOutcome::Forwarded);
                for (session, trace) in &scrubbed.sessions {
                    self.spoken.note(tenant.name(), session, trace);
                }
                Ok(Partial::default())
            }
            Passed::NotConfigured => {
                count(ItemOutcome::NotConfigured);
                let mut partial = Partial { rejected: items, ..Partial::default() };
                partial.say(&format!(
                    "{} are not forwarded: `otlp.endpoint` names no receiver",
                    signal.as_str()
                ));
                Ok(partial)
            }
            Passed::NoRoom => {
                count(ItemOutcome::QueueFull);
                Err(answer::no_room())
            }
        }
    }

    /// Traces that were passed on and spoke of a session, the latest last.
    pub(crate) fn traces_of(&self, tenant: &str, session_id: &str) -> Vec<Box<str>> {
        self.spoken.of(tenant, session_id)
    }

    /// Forgets series nobody reports any more.
    pub(crate) fn expire(&self) {
        self.foreign.expire(now_ms());
    }

    /// Adds the series as they stand, and notes what tenants use.
    pub(crate) fn snapshot_into(&self, tenants: &[Arc<Tenant>], snapshot: &mut Snapshot) {
        for tenant in tenants {
            let usage = self.foreign.usage(tenant.name());
            tenant.set(Gauge::OtlpReceiverSeries, usage.series);
            tenant.set(Gauge::OtlpReceiverStreams, usage.streams);
            tenant.row().raise(Counter::OtlpReceiverStreamsForgotten, usage.forgotten as f64);
        }
        self.foreign.snapshot_into(now_ms(), snapshot);
    }
}

/// Whether a sender has nothing to mend.
fn is_good(outcome: PointOutcome) -> bool {
    matches!(outcome, PointOutcome::Folded | PointOutcome::Repeated | PointOutcome::Resumed)
}
