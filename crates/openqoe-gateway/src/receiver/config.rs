//! The section `[otlp_receiver]`.

use std::net::SocketAddr;
use std::time::Duration;

use openqoe_metrics::ForeignLimits;
use serde::{Deserialize, Serialize};

/// Where OTLP is taken, and how much of it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// OTLP/HTTP, besides the public listener. Empty is off.
    pub(crate) listen: String,
    /// OTLP/gRPC. Empty is off.
    pub(crate) grpc_listen: String,
    /// Bytes of a request, before and after decompression.
    pub(crate) max_body: usize,
    /// Series of a tenant; a histogram is one.
    pub(crate) max_series: usize,
    /// Streams of a tenant that are followed: one for each sender, metric and set of attributes.
    pub(crate) max_streams: usize,
    /// Metrics of a tenant.
    pub(crate) max_metrics: usize,
    /// Values of each label of a tenant.
    pub(crate) max_values: usize,
    /// Labels of a series.
    pub(crate) max_labels: usize,
    /// For how long a gauge holds after it was told.
    #[serde(with = "humantime_serde")]
    pub(crate) gauge_ttl: Duration,
    /// Attributes of resources that become labels.
    pub(crate) resource_labels: Vec<String>,
    /// Attributes that are taken out of traces and logs, and never become labels.
    pub(crate) private_attributes: Vec<String>,
}

/// What tells nothing of a single viewer, and tells services apart.
const RESOURCE_LABELS: [&str; 12] = [
    "service.name",
    "cdn",
    "edge_pop",
    "isp",
    "country",
    "device_type",
    "os_family",
    "player_version",
    "content_type",
    "relay_instance",
    "namespace",
    "region",
];

/// Addresses and persons, by the names of OpenTelemetry's semantic conventions, old and new.
const PRIVATE_ATTRIBUTES: [&str; 22] = [
    "client.address",
    "client.port",
    "client.socket.address",
    "network.peer.address",
    "network.peer.port",
    "net.peer.ip",
    "net.peer.name",
    "net.sock.peer.addr",
    "http.client_ip",
    "http.request.header.x-forwarded-for",
    "enduser.id",
    "enduser.pseudo.id",
    "user.id",
    "user.name",
    "user.full_name",
    "user.email",
    "user.hash",
    "user.attributes",
    "user_agent.original",
    "url.query",
    "viewer_id",
    "viewer.id",
];

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: "127.0.0.1:4318".into(),
            grpc_listen: "127.0.0.1:4317".into(),
            max_body: 4 << 20,
            max_series: 10_000,
            max_streams: 200_000,
            max_metrics: 500,
            max_values: 200,
            max_labels: 24,
            gauge_ttl: Duration::from_secs(300),
            resource_labels: RESOURCE_LABELS.map(String::from).into(),
            private_attributes: PRIVATE_ATTRIBUTES.map(String::from).into(),
        }
    }
}

impl Config {
    /// Addresses of its own listeners, by their key; whether each is where it would be if nobody had said anything.
    pub(crate) fn listeners(&self) -> Vec<(Kind, SocketAddr, bool)> {
        let default = Config::default();
        let http = (Kind::Http, &self.listen, self.listen == default.listen);
        let grpc = (Kind::Grpc, &self.grpc_listen, self.grpc_listen == default.grpc_listen);
        let told =
            |(kind, text, is_default): (Kind, &String, bool)| Some((kind, text.parse().ok()?, is_default));
        [http, grpc].into_iter().filter_map(told).collect()
    }

    /// What bounds a tenant's series, given how long nothing may be written to one.
    pub(super) fn limits(&self, idle: u64) -> ForeignLimits {
        ForeignLimits {
            max_series: self.max_series,
            max_streams: self.max_streams,
            max_metrics: self.max_metrics,
            max_values: self.max_values,
            idle,
            gauge: u64::try_from(self.gauge_ttl.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// What makes no sense, and the key it stands at.
    pub(crate) fn problem(&self) -> Option<(&'static str, String)> {
        for (kind, text) in [(Kind::Http, &self.listen), (Kind::Grpc, &self.grpc_listen)] {
            if !text.is_empty() && text.parse::<SocketAddr>().is_err() {
                let problem = format!("{text:?} is no address: it looks like `127.0.0.1:4318`");
                return Some((kind.key(), problem));
            }
        }
        let positive = [
            ("otlp_receiver.max_body", self.max_body),
            ("otlp_receiver.max_series", self.max_series),
            ("otlp_receiver.max_streams", self.max_streams),
            ("otlp_receiver.max_metrics", self.max_metrics),
            ("otlp_receiver.max_values", self.max_values),
            ("otlp_receiver.max_labels", self.max_labels),
        ];
        let zero = positive.into_iter().find(|(_, value)| *value == 0);
        zero.map(|(key, _)| (key, "must be at least 1".to_owned()))
    }
}

/// What is spoken at a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Http,
    Grpc,
}

impl Kind {
    /// Its key in the configuration.
    pub(crate) fn key(self) -> &'static str {
        ["otlp_receiver.listen", "otlp_receiver.grpc_listen"][self as usize]
    }

    /// As the log names it.
    pub(crate) fn name(self) -> &'static str {
        ["OTLP/HTTP", "OTLP/gRPC"][self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let problem = |text: &str| {
            toml::from_str::<Config>(text).unwrap().problem().map(|(key, problem)| format!("{key} {problem}"))
        };
        assert_eq!(problem("listen = \"\"\ngrpc_listen = \"0.0.0.0:4317\""), None);
        assert!(
            problem("listen = \"4318\"").unwrap().starts_with("otlp_receiver.listen \"4318\" is no address")
        );
        assert!(problem("max_series = 0").unwrap().starts_with("otlp_receiver.max_series must be"));
    }
}
