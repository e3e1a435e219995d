// What the wire does not carry twice, what steady playback sends less often, what sleep does, and what outlives the page.

import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OpenQoe, type Options } from '../src/index.js';
import { FakeStore } from './fake-store.js';
import { FakePage, Gateway } from './gateway.js';

let gateway: Gateway;

function started(options: Partial<Options> = {}): OpenQoe {
  const qoe = new OpenQoe({ endpoint: '/v1/ingest', fetch: gateway.fetch, onWarning() {}, ...options });
  qoe.startSession();
  return qoe;
}
const attributes = () => gateway.batches.map(({ session }) => 'attributes' in session);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_763_688_000_000 });
  vi.spyOn(Math, 'random').mockReturnValue(1);
  gateway = new Gateway();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('attributes', () => {
  it('are sent once, again when they changed, and again after a minute without an answer', async () => {
    const qoe = started({ heartbeatMs: 1e6, attributes: { cdn: 'a' } });
    const tell = async (ms: number) => {
      qoe.notePlaybackStart();
      await vi.advanceTimersByTimeAsync(ms);
    };
    await tell(200);
    await tell(60_000);
    expect(attributes()).toEqual([true, false]);
    await tell(200);
    expect(attributes()).toEqual([true, false, false]);
    await vi.advanceTimersByTimeAsync(60_000);
    await tell(200);
    expect(attributes()).toEqual([true, false, false, true]);
    qoe.setAttributes({ cdn: 'b' });
    await tell(200);
    await tell(200);
    expect(attributes().slice(4)).toEqual([true, false]);
  });

  it('that no gateway has acknowledged are sent again, and those of another session too', async () => {
    gateway.answers = [new Error('offline')];
    const qoe = started();
    qoe.notePlaybackStart();
    await vi.advanceTimersByTimeAsync(1_200);
    qoe.newAsset({});
    qoe.notePlaybackStart();
    await vi.advanceTimersByTimeAsync(200);
    expect(attributes()).toEqual([true, true, false, true]);
  });

  it('always go with beacons', async () => {
    const page = new FakePage().install();
    started().notePlaybackStart();
    await vi.advanceTimersByTimeAsync(200);
    page.transition('pagehide', false);
    expect(page.beaconed.map(({ session }) => 'attributes' in session)).toEqual([true]);
  });
});

it('in steady playback every second heartbeat waits for the next', async () => {
  const qoe = started();
  qoe.notePlaybackStart();
  await vi.advanceTimersByTimeAsync(200 + 90_000);
  const sent = gateway.batches.map(({ sent_at }) => (sent_at - 1_763_688_000_000) / 1_000);
  expect(sent).toEqual([0.2, 10, 20, 40, 60, 80]);
  qoe.noteStall();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(gateway.batches).toHaveLength(9);
});

it('Retry-After puts off for an hour at most', async () => {
  gateway.answers = [new Response('', { status: 503, headers: { 'Retry-After': '86400' } })];
  started({ heartbeatMs: 1e9 }).notePlaybackStart();
  await vi.advanceTimersByTimeAsync(200 + 3_599_999);
  expect(gateway.batches).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(gateway.batches).toHaveLength(2);
});

it('a device that slept says that nobody watched', async () => {
  const qoe = started();
  qoe.notePlaybackStart();
  await vi.advanceTimersByTimeAsync(15_000);
  vi.setSystemTime(Date.now() + 3_600_000);
  qoe.notePause();
  qoe.endSession();
  await vi.advanceTimersByTimeAsync(0);
  const told = gateway.batches.at(-1)?.events.map(({ type, hidden, t }) => [type, hidden, t]);
  expect(told).toEqual([
    ['visibility', true, 10_000],
    ['visibility', false, 3_615_000],
    ['pause', undefined, 3_615_000],
    ['session_end', undefined, 3_615_000],
  ]);
});

it('a hidden page that was frozen stays hidden', async () => {
  const page = new FakePage().install();
  const qoe = started();
  page.show('hidden');
  vi.setSystemTime(Date.now() + 3_600_000);
  qoe.endSession();
  await vi.advanceTimersByTimeAsync(0);
  expect(gateway.events.map(({ type, hidden }) => [type, hidden])).toEqual([
    ['session_start', undefined],
    ['visibility', true],
    ['visibility', true],
    ['session_end', undefined],
  ]);
});

describe('bodies', () => {
  async function posted(options: Partial<Options>, events: number): Promise<unknown> {
    vi.useRealTimers();
    const bodies: unknown[] = [];
    vi.stubGlobal('fetch', async (_: unknown, init: RequestInit) => {
      bodies.push(init.body);
      return Response.json({});
    });
    const qoe = started({ fetch: undefined, ...options });
    for (let i = 0; i < events; i += 1) qoe.notePause();
    qoe.endSession();
    await vi.waitFor(() => expect(bodies).toHaveLength(1));
    return bodies[0];
  }

  it('are gzip', async () => {
    const body = (await posted({}, 20)) as Blob;
    const { events } = JSON.parse(gunzipSync(await body.arrayBuffer()).toString());
    expect(events).toHaveLength(22);
  });

  it('are text where somebody watches, and where there is no gzip', async () => {
    const watched = { fetch: (...args: Parameters<typeof fetch>) => fetch(...args) };
    expect(JSON.parse((await posted(watched, 20)) as string).events).toHaveLength(22);
    vi.stubGlobal('CompressionStream', undefined);
    expect(JSON.parse((await posted({}, 20)) as string).events).toHaveLength(22);
  });
});

describe('the offline store', () => {
  const entry = (session: string, seq: number) => ({
    session,
    startedAt: 1,
    attributes: { text: '{"cdn":"a"}' },
    event: JSON.stringify({ type: 'pause', seq, t: seq }),
    expendable: false,
  });

  it('keeps what fails and what comes while it fails, until it arrived', async () => {
    const store = new FakeStore();
    gateway.answers = [new Error('offline'), new Error('offline')];
    const qoe = started({ offline: store, heartbeatMs: 1e6 });
    qoe.notePlaybackStart();
    expect(store.events).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    qoe.notePause();
    expect(store.events).toEqual(['0 session_start', '1 playing', '2 pause']);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(store.events).toEqual([]);
    qoe.notePause();
    expect(store.events).toEqual([]);
  });

  it('keeps nothing that was dropped', async () => {
    const store = new FakeStore();
    gateway.answers = [new Error('offline')];
    const qoe = started({ offline: store, heartbeatMs: 1e6 });
    qoe.notePlaybackStart();
    await vi.advanceTimersByTimeAsync(200);
    for (let i = 0; i < 2_000; i += 1) qoe.notePause();
    expect([qoe.dropped, store.kept.size]).toEqual([2, 2_000]);
    expect(store.events[0]).toBe('2 pause');
  });

  it('keeps what a page leaves while it is offline, or what no beacon takes', () => {
    const page = new FakePage().install();
    for (const trouble of [
      { onLine: false, sendBeacon: () => true },
      { onLine: true, sendBeacon: () => false },
    ]) {
      vi.stubGlobal('navigator', trouble);
      const store = new FakeStore();
      const qoe = started({ offline: store });
      page.transition('pagehide', false);
      expect(store.events).toEqual(['0 session_start', '1 session_end']);
      qoe.destroy();
    }
  });

  it('keeps nothing of a page that leaves online', () => {
    const page = new FakePage().install();
    const store = new FakeStore();
    started({ offline: store });
    page.transition('pagehide', false);
    expect([store.events, page.beacons.length]).toEqual([[], 1]);
  });

  it('hands over what was left: it goes first, batch by session, as it was', async () => {
    const store = new FakeStore();
    const qoe = started({ offline: store });
    store.keep([entry('a', 7), entry('a', 8), entry('b', 0)]);
    store.restore([...store.kept.values()], 3);
    await vi.advanceTimersByTimeAsync(0);
    expect(qoe.dropped).toBe(3);
    expect(gateway.batches.map(({ session, events }) => [session.session_id, events])).toEqual([
      ['a', [entry('a', 7), entry('a', 8)].map(({ event }) => JSON.parse(event))],
      ['b', [JSON.parse(entry('b', 0).event)]],
      [qoe.sessionId, [{ type: 'session_start', seq: 0, t: 0 }]],
    ]);
    expect(gateway.batches[0]?.session).toMatchObject({ started_at: 1, attributes: { cdn: 'a' } });
    expect(store.events).toEqual([]);
  });

  it('does not count against what may wait', () => {
    const store = new FakeStore();
    const qoe = started({ offline: store });
    store.restore(
      Array.from({ length: 5_000 }, (_, seq) => entry('a', seq)),
      0,
    );
    for (let i = 0; i < 1_999; i += 1) qoe.notePause();
    expect(qoe.dropped).toBe(0);
    qoe.notePause();
    expect(qoe.dropped).toBe(1);
  });
});
