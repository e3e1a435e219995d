// Simulated viewers, the real gateway, and a receiver of another project: what it prints is compared with what the gateway
// says elsewhere.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../gateway.ts';
import { until } from '../until.ts';
import { attribute, duration, type Span } from './messages.ts';
import { parse, startKeeper } from './official.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const OPENMETRICS = 'application/openmetrics-text;version=1.0.0';

let receiver: Receiver;
let gateway: Gateway;
const folder = mkdtempSync(join(tmpdir(), 'openqoe-otlp-'));

const roots = () => receiver.spans.filter((span) => span.parentSpanId === '');
const children = (root: Span, name: string) =>
  receiver.spans.filter((span) => span.parentSpanId === root.spanId && span.name === name);

function settings(endpoint: string, compression: string): Record<string, string> {
  return {
    OPENQOE_OTLP_ENDPOINT: endpoint,
    OPENQOE_OTLP_COMPRESSION: compression,
    OPENQOE_OTLP_SAMPLE: '1',
    OPENQOE_OTLP_MAX_PER_SECOND: '1000',
  };
}

/** A session whose events are a second apart. */
async function send(to: Gateway, types: string[]): Promise<void> {
  const body = JSON.stringify({
    spec_version: '0.1.0',
    sent_at: 1_700_000_060_000,
    session: { session_id: crypto.randomUUID(), started_at: 1_700_000_000_000, attributes: { cdn: 'east' } },
    events: types.map((type, seq) => ({ seq, t: 1000 * seq, type })),
  });
  const answer = await fetch(`${to.publicUrl}/v1/ingest`, { method: 'POST', body });
  expect(answer.status).toBe(200);
}

beforeAll(async () => {
  receiver = await startReceiver();
  // oteltap does not unpack.
  gateway = await startGateway(
    ['demo', '--viewers', '200'],
    join(folder, 'data'),
    settings(receiver.url, 'none'),
  );
  const enough = async () => {
    const stalled = receiver.spans.some((span) => span.name === 'stall');
    return stalled && roots().length >= 10 ? true : undefined;
  };
  await until('traces of views, some of which stalled', enough, 140_000);
});

afterAll(async () => {
  await gateway?.stop();
  await receiver?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('every span belongs to one session, whose id is its trace', () => {
  const byTrace = new Map(roots().map((root) => [root.traceId, root]));
  expect(byTrace.size).toBe(roots().length);
  for (const root of roots()) {
    expect(root.traceId).toBe(String(attribute(root, 'session.id')).replace(/-/g, ''));
  }
  const ids = new Set(receiver.spans.map((span) => `${span.traceId} ${span.spanId}`));
  expect(ids.size).toBe(receiver.spans.length);
  for (const span of receiver.spans.filter((span) => span.parentSpanId !== '')) {
    expect(span.parentSpanId).toBe(byTrace.get(span.traceId)?.spanId);
  }
});

test('stalls, seeks and startups add up to the figures of their session', () => {
  const sum = (root: Span, name: string) =>
    children(root, name).reduce(
      (ms, span) => ms + Number(attribute(span, 'openqoe.counted_ms') ?? duration(span)),
      0,
    );
  for (const root of roots()) {
    expect(sum(root, 'stall')).toBe(attribute(root, 'openqoe.stalled_ms'));
    expect(sum(root, 'seek')).toBe(attribute(root, 'openqoe.seeking_ms'));
    expect(children(root, 'stall').length).toBe(attribute(root, 'openqoe.rebuffers'));
    const startup = attribute(root, 'openqoe.startup_ms');
    const first = children(root, 'startup')[0];
    if (startup !== undefined && first) expect(duration(first)).toBe(startup);
  }
});

test('every session that has a trace has a record that leads there, in the words of its end', () => {
  const ends = receiver.records.filter((record) => record.eventName === 'openqoe.session_end');
  for (const root of roots()) {
    const end = ends.find((record) => record.traceId === root.traceId);
    expect(end?.body.stringValue).toContain(`session ended (${attribute(root, 'openqoe.view_end')})`);
    expect(end?.severityText === 'ERROR').toBe(root.status?.code === 2);
  }
});

test('exemplars lead to traces the receiver gets', async () => {
  const found = await until('a trace an exemplar names', async () => {
    const text = await (await gateway.metrics(OPENMETRICS)).text();
    const named = [...text.matchAll(/trace_id="([0-9a-f]{32})"/g)].map((match) => match[1]);
    return roots().find((root) => named.includes(root.traceId));
  });
  expect(found.name).toBe('session');
});

test('the gateway counts what the receiver has, and nothing else', async () => {
  await until('equal numbers', async () => {
    const text = await (await gateway.metrics()).text();
    const value = (line: string) =>
      Number(
        text
          .split('\n')
          .find((other) => other.startsWith(line))
          ?.split(' ')
          .at(-1),
      );
    const spans = value('openqoe_otlp_sent_total{signal="traces"}');
    const records = value('openqoe_otlp_sent_total{signal="logs"}');
    expect(text).not.toMatch(/openqoe_otlp_(dropped|sessions_lost)_total\{.*\} [1-9]/);
    return spans === receiver.spans.length && records === receiver.records.length ? true : undefined;
  });
});

test('the official messages know every byte of a packed request', async () => {
  const keeper = await startKeeper();
  const other = await startGateway(['serve'], join(folder, 'packed'), settings(keeper.url, 'gzip'));
  try {
    await send(other, ['session_start', 'play_request', 'playing', 'stall', 'playing', 'session_end']);
    for (const path of ['/v1/traces', '/v1/logs']) {
      const post = await until(path, async () => keeper.posts.find((post) => post.path === path));
      expect(post).toMatchObject({ type: 'application/x-protobuf', encoding: 'gzip' });
      const { known, message } = parse(post);
      expect(known).toBe(true);
      expect(JSON.stringify(message)).toContain('"service.name"');
    }
  } finally {
    await other.stop();
    keeper.stop();
  }
});
