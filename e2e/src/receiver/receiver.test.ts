// The OpenTelemetry SDKs of JavaScript (in Chromium, across origins), Python and Rust send the seed's client metrics over HTTP and gRPC:
// every name arrives in a real Prometheus, with its type, and once.
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { type Gateway, startGateway } from '../gateway.ts';
import { type Prometheus, startPrometheus } from '../prometheus.ts';
import { until } from '../until.ts';
import { COUNTERS, HISTOGRAMS } from './metrics.ts';
import { run } from './sender.ts';
import { startSite } from './site.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PYTHON = process.env.OPENQOE_OTEL_PYTHON;
const RUST = process.env.OPENQOE_OTEL_RUST;
const SCRIPT = join(import.meta.dirname, 'python/send.py');

let gateway: Gateway;
let prometheus: Prometheus;
let browser: Browser;
let http: string;
let grpc: string;

beforeAll(async () => {
  gateway = await startGateway(['serve'], '', {
    OPENQOE_OTLP_RECEIVER_LISTEN: '127.0.0.1:0',
    OPENQOE_OTLP_RECEIVER_GRPC_LISTEN: '127.0.0.1:0',
  });
  http = await gateway.said(/OTLP\/HTTP on (\S+)/);
  grpc = await gateway.said(/OTLP\/gRPC on (\S+)/);
  prometheus = await startPrometheus(gateway.internalUrl);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await prometheus?.stop();
  await gateway?.stop();
});

/** Every metric of a service is in Prometheus, has its type, and counts what so many senders recorded once each. */
async function arrived(service: string, senders = 1): Promise<void> {
  const about = `{service_name="${service}",tenant="default"}`;
  for (const name of COUNTERS) {
    await until(`${name} of ${service}`, async () =>
      (await prometheus.query(`sum(${name}${about})`))[0]?.value === 3 * senders ? true : undefined,
    );
  }
  for (const name of HISTOGRAMS) {
    await until(`${name} of ${service}`, async () =>
      (await prometheus.query(`sum(${name}_count${about})`))[0]?.value === senders ? true : undefined,
    );
    expect(await prometheus.value(`sum(${name}_sum${about})`)).toBe(0.5 * senders);
    expect((await prometheus.query(`${name}_bucket${about}`)).length).toBeGreaterThan(1);
  }
  const series = await prometheus.query(
    `count by (__name__, session_id, transport) ({service_name="${service}"})`,
  );
  expect(series.every(({ metric }) => metric.session_id === undefined)).toBe(true);
  expect(series.every(({ metric }) => metric.transport === 'webtransport')).toBe(true);
}

test('JavaScript in two pages of Chromium, JSON and binary, to the OTLP port and to the public one', async () => {
  const site = await startSite();
  try {
    for (const encoding of ['json', 'proto'] as const) {
      for (const [session, endpoint] of [
        ['a', http],
        ['b', gateway.publicUrl],
      ] as const) {
        const page = await browser.newPage();
        await page.goto(site.origin);
        await page.waitForFunction(() => window.send);
        await page.evaluate(([encoding, endpoint, session]) => window.send(encoding, endpoint, session), [
          encoding,
          endpoint,
          session,
        ] as const);
        await page.close();
      }
      await arrived(`js-${encoding}`, 2);
    }
  } finally {
    site.stop();
  }
});

test.skipIf(!PYTHON)('Python, HTTP and gRPC', async () => {
  for (const [transport, endpoint] of [
    ['http', http],
    ['grpc', grpc],
  ] as const) {
    await run(PYTHON ?? '', [SCRIPT, transport, endpoint]);
    await arrived(`python-${transport}`);
  }
});

test.skipIf(!RUST)('Rust, HTTP and gRPC', async () => {
  for (const [transport, endpoint] of [
    ['http', http],
    ['grpc', grpc],
  ] as const) {
    await run(join(ROOT, RUST ?? ''), [transport, endpoint]);
    await arrived(`rust-${transport}`);
  }
});

test('types are what they are called', async () => {
  const answer = await fetch(`${prometheus.origin}/api/v1/metadata`);
  const { data } = (await answer.json()) as { data: Record<string, { type: string }[]> };
  const types = (name: string) => data[name]?.map(({ type }) => type);
  // In OpenMetrics, which Prometheus asked for, `_total` belongs to a counter's sample and not to its family.
  for (const name of COUNTERS) expect(types(name.replace(/_total$/, '')), name).toEqual(['counter']);
  for (const name of HISTOGRAMS) expect(types(name), name).toEqual(['histogram']);
});
