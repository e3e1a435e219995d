//! OTLP/gRPC: the three Export services. The key stands in the metadata, which is the request's head.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use openqoe_ingest::otlp::MetricsRequest;
use openqoe_spec::{OtlpTransport, Protocol};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::service::Routes;

use super::answer::{Partial, status};
use crate::access::sender;
use crate::gateway::Gateway;
use crate::tenant::Tenant;

/// The services behind the check of keys.
pub(super) fn router(gateway: Arc<Gateway>) -> Router {
    let (limit, services) = (gateway.config.otlp_receiver.max_body, Services(gateway.clone()));
    let metrics = MetricsServiceServer::new(services.clone()).accept_compressed(Gzip);
    let traces = TraceServiceServer::new(services.clone()).accept_compressed(Gzip);
    let logs = LogsServiceServer::new(services).accept_compressed(Gzip);
    Routes::new(metrics.max_decoding_message_size(limit))
        .add_service(traces.max_decoding_message_size(limit))
        .add_service(logs.max_decoding_message_size(limit))
        .into_axum_router()
        .layer(middleware::from_fn_with_state(gateway, identify))
}

/// Tells whose a request is before its message is read.
async fn identify(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let (mut head, body) = request.into_parts();
    match sender::authenticate(&gateway.access.directory(), &head) {
        Ok(tenant) => {
            head.extensions.insert(tenant);
            next.run(Request::from_parts(head, body)).await
        }
        Err(denied) => {
            let refusal = denied.note(Protocol::Otlp, &gateway.process);
            status(&refusal).into_http::<axum::body::Body>().into_response()
        }
    }
}

#[derive(Clone)]
struct Services(Arc<Gateway>);

impl Services {
    /// The sender of a request, if it may send that much.
    fn admit<T: Message>(&self, request: &tonic::Request<T>) -> Result<Arc<Tenant>, tonic::Status> {
        let tenant = request.extensions().get::<Arc<Tenant>>().cloned();
        let tenant = tenant.ok_or_else(|| tonic::Status::unauthenticated("no key was given"))?;
        let bytes = request.get_ref().encoded_len();
        tenant.take_bytes(Protocol::Otlp, bytes).map_err(|refusal| status(&refusal))?;
        tenant.note_body(Protocol::Otlp, bytes);
        Ok(tenant)
    }
}

#[tonic::async_trait]
impl MetricsService for Services {
    async fn export(
        &self,
        request: tonic::Request<ExportMetricsServiceRequest>,
    ) -> Result<tonic::Response<ExportMetricsServiceResponse>, tonic::Status> {
        let tenant = self.admit(&request)?;
        let request = MetricsRequest { message: request.into_inner(), unreadable: Vec::new() };
        let partial = self.0.receiver.metrics(&tenant, OtlpTransport::Grpc, request);
        let partial_success = told(partial, |rejected_data_points, error_message| {
            ExportMetricsPartialSuccess { rejected_data_points, error_message }
        });
        Ok(tonic::Response::new(ExportMetricsServiceResponse { partial_success }))
    }
}

#[tonic::async_trait]
impl TraceService for Services {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let tenant = self.admit(&request)?;
        let partial = self.0.receiver.traces(&tenant, OtlpTransport::Grpc, request.into_inner());
        let partial = partial.map_err(|refusal| status(&refusal))?;
        let partial_success = told(partial, |rejected_spans, error_message| ExportTracePartialSuccess {
            rejected_spans,
            error_message,
        });
        Ok(tonic::Response::new(ExportTraceServiceResponse { partial_success }))
    }
}

#[tonic::async_trait]
impl LogsService for Services {
    async fn export(
        &self,
        request: tonic::Request<ExportLogsServiceRequest>,
    ) -> Result<tonic::Response<ExportLogsServiceResponse>, tonic::Status> {
        let tenant = self.admit(&request)?;
        let partial = self.0.receiver.logs(&tenant, OtlpTransport::Grpc, request.into_inner());
        let partial = partial.map_err(|refusal| status(&refusal))?;
        let partial_success = told(partial, |rejected_log_records, error_message| ExportLogsPartialSuccess {
            rejected_log_records,
            error_message,
        });
        Ok(tonic::Response::new(ExportLogsServiceResponse { partial_success }))
    }
}

/// OTLP 1, "Partial Success": it is left out when everything was taken.
fn told<T>(partial: Partial, message: impl FnOnce(i64, String) -> T) -> Option<T> {
    let is_whole = partial == Partial::default();
    (!is_whole).then(|| message(partial.rejected(), partial.message))
}
