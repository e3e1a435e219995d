// The gateway's own series over OTLP, as the official Python messages of OpenTelemetry read them: nothing unknown in them, and the
// values of a scrape.
import { expect, test } from 'vitest';
import { startGateway } from '../gateway.ts';
import { until } from '../until.ts';
import { attribute, type KeyValue } from './messages.ts';
import { parse, startKeeper } from './official.ts';

interface Point {
  attributes: KeyValue[];
  asDouble?: number;
  count?: string;
  sum?: number;
  scale?: number;
}

interface Metric {
  name: string;
  unit?: string;
  sum?: { dataPoints: Point[]; isMonotonic: boolean; aggregationTemporality: string };
  gauge?: { dataPoints: Point[] };
  histogram?: { dataPoints: Point[] };
  exponentialHistogram?: { dataPoints: Point[] };
}

interface Request {
  resourceMetrics: { resource: { attributes: KeyValue[] }; scopeMetrics: { metrics: Metric[] }[] }[];
}

const EVENTS = ['session_start', 'play_request', 'playing', 'heartbeat', 'session_end'];
const CUMULATIVE = 'AGGREGATION_TEMPORALITY_CUMULATIVE';

/** A view that has ended, so that none of its clocks goes on. */
async function watch(publicUrl: string): Promise<void> {
  const body = JSON.stringify({
    spec_version: '0.1.0',
    sent_at: 1_700_000_060_000,
    session: { session_id: crypto.randomUUID(), started_at: 1_700_000_000_000, attributes: { cdn: 'east' } },
    events: EVENTS.map((type, seq) => ({ seq, t: 1000 * seq, type })),
  });
  const answer = await fetch(`${publicUrl}/v1/ingest`, { method: 'POST', body });
  expect(answer.status).toBe(200);
}

/** The value of a scrape's only series whose line begins so. */
function scraped(text: string, start: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(start));
  expect(lines, start).toHaveLength(1);
  return Number(lines[0]?.split(' ').at(-1));
}

test.each([
  'explicit',
  'exponential',
])('the official messages read what is pushed, %s', async (histograms) => {
  const keeper = await startKeeper();
  const gateway = await startGateway(['serve'], '', {
    OPENQOE_OTLP_METRICS: 'true',
    OPENQOE_OTLP_METRICS_ENDPOINT: keeper.url,
    OPENQOE_OTLP_METRICS_INTERVAL: '200ms',
    OPENQOE_OTLP_METRICS_HISTOGRAMS: histograms,
    OPENQOE_OTLP_RECEIVER_LISTEN: '',
    OPENQOE_OTLP_RECEIVER_GRPC_LISTEN: '',
  });
  try {
    await watch(gateway.publicUrl);
    const seen = keeper.posts.length;
    const post = await until('a push of the view', async () => keeper.posts[seen + 1]);
    expect(post).toMatchObject({ path: '/v1/metrics', type: 'application/x-protobuf', encoding: 'gzip' });
    const { known, message } = parse(post);
    expect(known).toBe(true);
    const [resource] = (message as unknown as Request).resourceMetrics;
    expect(attribute(resource?.resource ?? { attributes: [] }, 'service.name')).toBe('openqoe');
    const metrics = resource?.scopeMetrics[0]?.metrics ?? [];
    expect(metrics.length).toBeGreaterThan(50);
    expect(new Set(metrics.map((metric) => metric.name)).size).toBe(metrics.length);
    const found = (name: string) => metrics.find((metric) => metric.name === name);

    const text = await (await gateway.metrics()).text();
    const plays = found('openqoe_startup_plays_total');
    expect(plays?.sum).toMatchObject({ isMonotonic: true, aggregationTemporality: CUMULATIVE });
    expect(plays?.sum?.dataPoints[0]?.asDouble).toBe(scraped(text, 'openqoe_startup_plays_total{'));
    const startup = found('openqoe_startup_time_seconds');
    expect(startup?.unit).toBe('s');
    const data = histograms === 'explicit' ? startup?.histogram : startup?.exponentialHistogram;
    expect(data).toMatchObject({ aggregationTemporality: CUMULATIVE });
    const point = data?.dataPoints[0];
    expect(Number(point?.count)).toBe(scraped(text, 'openqoe_startup_time_seconds_count{'));
    expect(point?.sum).toBe(scraped(text, 'openqoe_startup_time_seconds_sum{'));
    if (point) expect(attribute(point, 'cdn')).toBe('east');
  } finally {
    await gateway.stop();
    keeper.stop();
  }
});
