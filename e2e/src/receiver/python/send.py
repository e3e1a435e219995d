# Sends the seed's client metrics once with the OpenTelemetry SDK of Python, named and with units as OpenTelemetry would have them:
# send.py http|grpc ENDPOINT
import sys

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

HISTOGRAMS = [
    ("moq.client.buffer_length", "s"),
    ("moq.client.startup_time", "s"),
    ("moq.client.latency", "s"),
    ("moq.client.bitrate", "bit/s"),
    ("moq.client.keyframe_interval", "s"),
    ("moq.client.decode_time", "s"),
    ("moq.client.av_sync_drift", "s"),
]
COUNTERS = [
    ("moq.client.quality_switches", "{switch}"),
    ("moq.client.connections", "1"),
    ("moq.client.rebuffer_count", "{event}"),
    ("moq.client.frames_decoded", "{frame}"),
    ("moq.client.frames_dropped", "{frame}"),
]

transport, endpoint = sys.argv[1:]
if transport == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter

    exporter = OTLPMetricExporter(endpoint=endpoint, insecure=True)
else:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    exporter = OTLPMetricExporter(endpoint=f"{endpoint}/v1/metrics")

reader = PeriodicExportingMetricReader(exporter, export_interval_millis=60_000)
resource = Resource.create({"service.name": f"python-{transport}"})
meter = MeterProvider(metric_readers=[reader], resource=resource, shutdown_on_exit=False).get_meter("moq")
attributes = {"transport": "webtransport", "session.id": "s-python"}
for name, unit in HISTOGRAMS:
    meter.create_histogram(name, unit=unit).record(0.5, attributes)
for name, unit in COUNTERS:
    meter.create_counter(name, unit=unit).add(3, attributes)
if not reader.force_flush():
    sys.exit("the metrics were not taken")
