// What pages add: it sees and says what it likes, and harms nobody when it fails.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { OpenQoe, type Options, type Plugin } from '../src/index.js';
import { Gateway } from './gateway.js';

let gateway: Gateway;
let warnings: string[];

function client(options: Partial<Options> = {}): OpenQoe {
  const onWarning = (message: string) => void warnings.push(message);
  return new OpenQoe({ endpoint: '/v1/ingest', fetch: gateway.fetch, onWarning, ...options });
}

beforeEach(() => {
  vi.useFakeTimers();
  gateway = new Gateway();
  warnings = [];
});
afterEach(() => {
  vi.useRealTimers();
});

it('a plugin runs with the first session and is undone with the client', () => {
  const undo = vi.fn();
  const start = vi.fn((_: unknown) => undo);
  const qoe = client();
  qoe.use({ name: 'probe', start });
  expect(start).toHaveBeenCalledTimes(0);
  qoe.startSession();
  expect(start.mock.calls).toEqual([[qoe]]);
  qoe.newAsset({ assetId: 'two' });
  expect([start.mock.calls.length, undo.mock.calls.length]).toEqual([1, 0]);
  qoe.destroy();
  qoe.destroy();
  expect([start.mock.calls.length, undo.mock.calls.length]).toEqual([1, 1]);
});

it('a plugin added later runs at once, and is undone and begins again with consent', () => {
  const undo = vi.fn();
  const start = vi.fn((_: unknown) => undo);
  const qoe = client();
  qoe.startSession();
  qoe.use({ name: 'probe', start });
  expect(start).toHaveBeenCalledTimes(1);
  qoe.setConsent('denied');
  expect(undo).toHaveBeenCalledTimes(1);
  qoe.setConsent('granted');
  expect(start).toHaveBeenCalledTimes(2);
});

it('a plugin sees each event, those left out of what is sent as well', async () => {
  const seen: string[] = [];
  const qoe = client({ heartbeatMs: 1e6 });
  qoe.use({ name: 'probe', onEvent: ({ type }) => void seen.push(type) });
  qoe.startSession();
  qoe.notePlaybackStart();
  await vi.advanceTimersByTimeAsync(30_000);
  for (let i = 0; i < 16; i += 1) qoe.note({ type: 'download', kind: 'video' });
  qoe.endSession();
  expect(seen).toEqual(['session_start', 'playing', ...Array(16).fill('download'), 'session_end']);
  await vi.advanceTimersByTimeAsync(0);
  expect(gateway.types.filter((type) => type === 'download')).toHaveLength(2);
});

it('a plugin says what it measured, in heartbeats and in events of its own', async () => {
  const qoe = client();
  qoe.use({
    name: 'probe',
    start(context) {
      context.setAttributes({ edge_pop: 'ams' });
      return undefined;
    },
    onEvent({ type }) {
      if (type === 'playing') qoe.noteCustom('licence_seconds', 0.25);
    },
    sample: () => ({ latency_ms: 1_200 }),
  });
  qoe.startSession();
  qoe.notePlaybackStart();
  qoe.noteCustom('x'.repeat(100));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(gateway.events.map(({ t, ...event }) => event)).toEqual([
    { type: 'session_start', seq: 0 },
    { type: 'playing', seq: 1 },
    { type: 'custom', name: 'licence_seconds', value: 0.25, seq: 2 },
    { type: 'custom', name: 'x'.repeat(64), seq: 3 },
    { type: 'heartbeat', latency_ms: 1_200, seq: 4 },
  ]);
  expect(gateway.batches[0]?.session.attributes).toMatchObject({ edge_pop: 'ams' });
});

const broken = (): never => {
  throw new Error('oops');
};

it.each<[string, Partial<Plugin>]>([
  ['start', { start: broken }],
  ['onEvent', { onEvent: broken }],
  ['sample', { sample: broken }],
])('a plugin that throws in %s is told of once, undone and left alone', async (_, hooks) => {
  const undo = vi.fn(broken);
  const other = vi.fn();
  const qoe = client();
  qoe.use({ name: 'broken', start: () => undo, ...hooks });
  qoe.use({ name: 'other', onEvent: other });
  qoe.startSession();
  qoe.notePlaybackStart();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(warnings.filter((warning) => warning.includes('plugin'))).toEqual([
    'plugin broken stopped: Error: oops',
  ]);
  expect(undo).toHaveBeenCalledTimes(hooks.start ? 0 : 1);
  expect(other).toHaveBeenCalledTimes(4);
  expect(gateway.types).toEqual(['session_start', 'playing', 'heartbeat', 'heartbeat']);
});

it('a plugin that answers each event with another is stopped, and the queue stays bounded', async () => {
  const qoe = client();
  qoe.use({ name: 'echo', onEvent: () => qoe.noteCustom('echo') });
  qoe.startSession();
  qoe.notePlaybackStart();
  expect(warnings.filter((warning) => warning.startsWith('plugin echo stopped: RangeError'))).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(gateway.events.length).toBeLessThanOrEqual(2_000);
  expect(gateway.events.at(-1)?.type).toBe('playing');
});

it('traceparent is of the open session, its span a new one each time', () => {
  const qoe = client();
  expect(qoe.traceparent()).toBeUndefined();
  const trace = qoe.startSession().replaceAll('-', '');
  const [first, second] = [qoe.traceparent(), qoe.traceparent()];
  expect(first).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  expect(second).not.toBe(first);
});

it('an experiment is two attributes', async () => {
  client({ experiment: { id: 'abr-3', variant: 'b' } }).startSession();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(gateway.batches[0]?.session.attributes).toMatchObject({
    experiment_id: 'abr-3',
    experiment_variant: 'b',
  });
});
