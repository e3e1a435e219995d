// What a player's page does with the OpenTelemetry SDK of JavaScript: the metrics of the MoQ stack, each with its suffix and its unit,
// by both encodings of OTLP/HTTP. It is bundled and run in Chromium.
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { COUNTERS, HISTOGRAMS } from './metrics.ts';

declare global {
  interface Window {
    send(encoding: 'json' | 'proto', endpoint: string, session: string): Promise<void>;
  }
}

/** Records once, exports twice, for a cumulative stream that is told again must not count again. */
window.send = async (encoding, endpoint, session) => {
  const Exporter = encoding === 'json' ? JsonExporter : ProtoExporter;
  const exporter = new Exporter({ url: `${endpoint}/v1/metrics` });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 600_000 });
  const resource = resourceFromAttributes({ 'service.name': `js-${encoding}`, 'session.id': session });
  const provider = new MeterProvider({ readers: [reader], resource });
  const meter = provider.getMeter('moq');
  const attributes = { transport: 'webtransport', codec: 'avc1.64001f' };
  for (const name of HISTOGRAMS) {
    const unit = name.endsWith('_bps') ? 'bps' : 's';
    meter.createHistogram(name, { unit }).record(0.5, attributes);
  }
  for (const name of COUNTERS) meter.createCounter(name, { unit: '1' }).add(3, attributes);
  await provider.forceFlush();
  await provider.forceFlush();
  await provider.shutdown();
};
