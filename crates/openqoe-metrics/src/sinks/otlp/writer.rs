//! Requests of bounded size: points gathered by metric, closed when there are enough.

use openqoe_spec::MetricKind;
use prost::Message;
use prost::bytes::Bytes;

use super::message::{Data, Metric, Request, Resource, ResourceMetrics, Scope, ScopeMetrics};
use super::point::{Point, attribute};

/// A request to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtlpRequest {
    /// An `ExportMetricsServiceRequest`.
    pub bytes: Vec<u8>,
    /// Its points, one for each series.
    pub points: usize,
}

/// What a point is of.
pub(super) struct About<'a> {
    pub(super) name: &'a str,
    pub(super) help: &'a str,
    /// As OpenMetrics spells it.
    pub(super) unit: &'a str,
    pub(super) kind: MetricKind,
}

/// Requests under way.
pub(super) struct Writer {
    resource: Vec<Bytes>,
    max_points: usize,
    metrics: Vec<Metric>,
    points: usize,
    requests: Vec<OtlpRequest>,
}

impl Writer {
    pub(super) fn new(resource: &[(String, String)], max_points: usize) -> Writer {
        let resource = resource.iter().map(|(name, value)| attribute(name, value)).collect();
        Writer { resource, max_points, metrics: Vec::new(), points: 0, requests: Vec::new() }
    }

    /// Adds a point.
    pub(super) fn add(&mut self, about: &About<'_>, point: Point) {
        let empty = Data::like(about.kind, &point);
        let takes = |data: &Data| std::mem::discriminant(data) == std::mem::discriminant(&empty);
        let is_it = |metric: &Metric| metric.name == about.name && metric.data.as_ref().is_some_and(takes);
        if !self.metrics.last().is_some_and(is_it) {
            let unit = unit(about.unit).to_owned();
            let (name, description) = (about.name.to_owned(), about.help.to_owned());
            self.metrics.push(Metric { name, description, unit, data: Some(empty) });
        }
        if let Some(data) = self.metrics.last_mut().and_then(|metric| metric.data.as_mut()) {
            data.push(point);
        }
        self.points += 1;
        if self.points >= self.max_points {
            self.close();
        }
    }

    /// The requests, all of them.
    pub(super) fn finish(mut self) -> Vec<OtlpRequest> {
        self.close();
        self.requests
    }

    /// Ends the request under way, if anything is in it.
    fn close(&mut self) {
        let metrics = std::mem::take(&mut self.metrics);
        if metrics.is_empty() {
            return;
        }
        let scope = Scope { name: "openqoe".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
        let scope_metrics = vec![ScopeMetrics { scope: Some(scope), metrics }];
        let resource = Some(Resource { attributes: self.resource.clone() });
        let request = Request { resource_metrics: vec![ResourceMetrics { resource, scope_metrics }] };
        let points = std::mem::take(&mut self.points);
        self.requests.push(OtlpRequest { bytes: request.encode_to_vec(), points });
    }
}

/// The unit as UCUM has it, where its translation to Prometheus is what our names end in already, so that nothing is appended;
/// none otherwise, for then the name alone says it.
fn unit(openmetrics: &str) -> &'static str {
    match openmetrics {
        "seconds" => "s",
        "bytes" => "By",
        "ratio" => "1",
        _ => "",
    }
}
