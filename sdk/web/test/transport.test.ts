// Delivery: what is sent is kept until acknowledged, repeated as it was, bounded, and handed over when the page goes.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { html5 } from '../src/adapters/html5.js';
import { OpenQoe, type Options } from '../src/index.js';
import { FakeMedia } from './fake-media.js';
import { FakePage, Gateway } from './gateway.js';

let gateway: Gateway;
let warnings: string[];

function started(options: Partial<Options> = {}): OpenQoe {
  const onWarning = (message: string) => void warnings.push(message);
  const qoe = new OpenQoe({ endpoint: '/v1/ingest', fetch: gateway.fetch, onWarning, ...options });
  qoe.startSession();
  return qoe;
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_763_688_000_000 });
  vi.spyOn(Math, 'random').mockReturnValue(1);
  gateway = new Gateway();
  warnings = [];
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('after a failure', () => {
  const failures: [string, () => Response | Error][] = [
    ['a network error', () => new Error('offline')],
    ['408', () => new Response('', { status: 408 })],
    ['429', () => new Response('', { status: 429 })],
    ['500', () => new Response('', { status: 500 })],
    ['503', () => new Response('', { status: 503 })],
  ];
  it.each(failures)('%s: the same events go again with a new sent_at', async (_, failure) => {
    gateway.answers = [failure()];
    const qoe = started();
    qoe.notePlayRequest();
    await vi.advanceTimersByTimeAsync(200);
    await vi.advanceTimersByTimeAsync(999);
    expect(gateway.batches).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    const [first, second] = gateway.batches;
    expect(second?.events).toEqual(first?.events);
    expect(second?.session).toEqual(first?.session);
    expect((second?.sent_at ?? 0) - (first?.sent_at ?? 0)).toBe(1_000);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(gateway.batches).toHaveLength(2);
    expect(warnings).toEqual([]);
  });

  it('waits ever longer, up to 30 s, and starts over after a success', async () => {
    gateway.answers = Array.from({ length: 8 }, () => new Error('offline'));
    const qoe = started();
    qoe.notePlayRequest();
    await vi.advanceTimersByTimeAsync(200 + 1_000 + 2_000 + 4_000 + 8_000 + 16_000 + 30_000 + 30_000);
    expect(gateway.batches).toHaveLength(8);
    await vi.advanceTimersByTimeAsync(30_000);
    gateway.answers = [new Error('offline')];
    const before = gateway.batches.length;
    qoe.noteStall();
    await vi.advanceTimersByTimeAsync(200 + 1_000);
    expect(gateway.batches).toHaveLength(before + 2);
  });

  it.each([
    ['in seconds', '45', 45_000],
    ['as a date', new Date(1_763_688_000_200 + 60_000).toUTCString(), 59_800],
    ['without sense', 'soon', 1_000],
  ])('honours Retry-After %s', async (_, header, delay) => {
    gateway.answers = [new Response('', { status: 429, headers: { 'Retry-After': header } })];
    const qoe = started({ heartbeatMs: 1e9 });
    qoe.notePlayRequest();
    await vi.advanceTimersByTimeAsync(200 + delay - 1);
    qoe.noteStall();
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.batches).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(gateway.batches).toHaveLength(2);
  });

  it('gives up on a request that never ends', async () => {
    gateway.fetch.mockImplementationOnce(
      (_, init) =>
        new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('abort')))),
    );
    const qoe = started();
    qoe.notePlayRequest();
    await vi.advanceTimersByTimeAsync(200 + 30_000 + 1_000);
    expect(gateway.types.slice(0, 2)).toEqual(['session_start', 'play_request']);
  });
});

describe('a refusal', () => {
  it.each([400, 401, 404, 413, 415])('%i drops the batch and says so', async (status) => {
    gateway.answers = [Response.json({ error: 'malformed_json', message: 'line 1' }, { status })];
    const qoe = started();
    qoe.notePlayRequest();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(gateway.batches).toHaveLength(1);
    expect(warnings).toEqual([`batch refused (${status}): line 1`]);
    qoe.noteStall();
    await vi.advanceTimersByTimeAsync(200);
    expect(gateway.batches[1]?.events).toMatchObject([{ seq: 2, type: 'stall' }]);
  });

  it('of single events is passed on', async () => {
    const rejected = [{ index: 1, seq: 1, reason: 'invalid_field', message: 'trigger' }];
    gateway.answers = [Response.json({ accepted: 1, rejected, warnings: ['unknown attribute'] })];
    started().notePlayRequest();
    await vi.advanceTimersByTimeAsync(200);
    expect(warnings).toEqual([`gateway: ${JSON.stringify(rejected[0])}`, 'gateway: "unknown attribute"']);
  });

  it('reaches the console once when nobody listens', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    gateway.answers = [new Response('', { status: 400 }), new Response('', { status: 400 })];
    const qoe = started({ onWarning: undefined });
    qoe.notePlayRequest();
    await vi.advanceTimersByTimeAsync(200);
    qoe.noteStall();
    await vi.advanceTimersByTimeAsync(200);
    expect(warn.mock.calls).toEqual([['OpenQoe: batch refused (400): ']]);
  });
});

describe('the queue', () => {
  it('has one request in flight and sends nothing twice', async () => {
    let answer = (_: Response) => {};
    gateway.answers = [new Promise<Response>((resolve) => (answer = resolve))];
    const qoe = started();
    qoe.notePlayRequest();
    await vi.advanceTimersByTimeAsync(200);
    qoe.notePlaybackStart();
    qoe.endSession();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(gateway.batches).toHaveLength(1);
    answer(Response.json({ accepted: 2 }));
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.mostInFlight).toBe(1);
    expect(gateway.events.map((event) => event.seq)).toEqual([0, 1, 2, 3]);
  });

  it('sends at most 200 events at a time', async () => {
    const qoe = started();
    for (let i = 0; i < 450; i += 1) qoe.notePause();
    qoe.endSession();
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.batches.map((batch) => batch.events.length)).toEqual([200, 200, 52]);
  });

  describe('is bounded', () => {
    async function delivered() {
      // The heartbeat that flushes finds the queue full and is itself what is lost.
      await vi.advanceTimersByTimeAsync(10_000);
      return gateway.events.map((event) => event.seq);
    }

    it('and loses heartbeats and downloads before anything else', async () => {
      const qoe = started();
      qoe.note({ type: 'download', kind: 'video' });
      for (let i = 0; i < 1_998; i += 1) qoe.notePause();
      expect(qoe.dropped).toBe(0);
      qoe.notePause();
      expect([qoe.dropped, warnings]).toEqual([1, ['queue full, events dropped']]);
      const seqs = await delivered();
      expect(seqs.slice(0, 3)).toEqual([0, 2, 3]);
      expect(seqs).toHaveLength(2_000);
    });

    it('and then the oldest', async () => {
      const qoe = started();
      for (let i = 0; i < 2_000; i += 1) qoe.notePause();
      expect(qoe.dropped).toBe(1);
      expect((await delivered()).slice(0, 2)).toEqual([1, 2]);
    });
  });
});

describe('the key', () => {
  it.each([
    ['/v1/ingest', '/v1/ingest?key=oqi_k'],
    ['/v1/ingest?a=b', '/v1/ingest?a=b&key=oqi_k'],
  ])('goes with requests and beacons to %s', async (endpoint, expected) => {
    const page = new FakePage().install();
    started({ endpoint, key: 'oqi_k' }).notePlayRequest();
    await vi.advanceTimersByTimeAsync(200);
    page.transition('pagehide', false);
    expect(gateway.fetch.mock.calls[0]?.[0]).toBe(expected);
    expect(gateway.requests[0]?.headers).toEqual({ 'Content-Type': 'text/plain' });
    expect(page.sendBeacon.mock.calls[0]?.[0]).toBe(expected);
  });

  it('is left out where there is none', async () => {
    started().notePlayRequest();
    await vi.advanceTimersByTimeAsync(200);
    expect(gateway.fetch.mock.calls[0]?.[0]).toBe('/v1/ingest');
  });

  it.each(['oqs_secret', 'oqr_secret'])('%s is refused before it leaves', (key) => {
    expect(() => started({ key })).toThrow('is a secret');
  });
});

describe('when the page goes', () => {
  it('everything unacknowledged leaves as beacons, the end of the session included', async () => {
    const page = new FakePage().install();
    gateway.answers = [new Promise<Response>(() => {})];
    const qoe = started();
    qoe.notePlayRequest();
    await vi.advanceTimersByTimeAsync(200);
    qoe.notePause();
    page.transition('pagehide', false);
    const [batch] = page.beaconed;
    expect(page.beacons).toHaveLength(1);
    expect(batch?.events.map(({ seq, type, reason }) => [seq, type, reason])).toEqual([
      [0, 'session_start', undefined],
      [1, 'play_request', undefined],
      [2, 'pause', undefined],
      [3, 'session_end', 'page_hide'],
    ]);
  });

  it('much is split below the budget, and what the browser refuses is kept', async () => {
    const page = new FakePage().install();
    gateway.answers = [new Error('offline')];
    const qoe = started();
    for (let i = 0; i < 600; i += 1) qoe.note({ type: 'ad_error', code: 'ü'.repeat(60) });
    page.sendBeacon.mockImplementation((_, body) => {
      if ([...page.beacons, body].reduce((sum, text) => sum + Buffer.byteLength(text), 0) > 65_536)
        return false;
      page.beacons.push(body);
      return true;
    });
    page.transition('pagehide', true);
    expect(page.beacons.length).toBeGreaterThan(1);
    page.transition('pageshow', true);
    await vi.advanceTimersByTimeAsync(1_000);
    const delivered = new Set(gateway.events.map((event) => `${event.type} ${event.seq}`));
    for (let seq = 1; seq <= 600; seq += 1) expect(delivered).toContain(`ad_error ${seq}`);
  });

  it('and comes back from the cache, a new session begins without a startup', async () => {
    const page = new FakePage().install();
    const media = new FakeMedia();
    const qoe = started({ adapters: [html5] });
    qoe.attach(media);
    media.fire('play', { paused: false });
    media.fire('playing', { readyState: 4, played: 1 });
    await vi.advanceTimersByTimeAsync(200);
    const first = qoe.sessionId;
    page.transition('pagehide', true);
    expect(qoe.sessionId).toBeUndefined();
    page.transition('pageshow', true);
    await vi.advanceTimersByTimeAsync(200);
    expect(qoe.sessionId).not.toBe(first);
    const again = gateway.batches.filter((batch) => batch.session.session_id === qoe.sessionId);
    expect(again.flatMap((batch) => batch.events).map(({ type, hidden }) => [type, hidden])).toEqual([
      ['session_start', undefined],
      ['visibility', true],
      ['play_request', undefined],
      ['playing', undefined],
      ['visibility', false],
    ]);
  });

  it('and comes back with a paused player, a start from there is none either', async () => {
    const page = new FakePage().install();
    const qoe = started({ adapters: [html5] });
    qoe.attach(new FakeMedia());
    page.transition('pagehide', true);
    page.transition('pageshow', true);
    qoe.endSession();
    await vi.advanceTimersByTimeAsync(0);
    const again = gateway.batches.at(-1)?.events.map(({ type, hidden }) => [type, hidden]);
    expect(again?.slice(0, 3)).toEqual([
      ['session_start', undefined],
      ['visibility', true],
      ['visibility', false],
    ]);
  });

  it('and comes back, no session begins where none was open', () => {
    const page = new FakePage().install();
    const qoe = started();
    qoe.endSession();
    page.transition('pagehide', true);
    page.transition('pageshow', true);
    page.transition('pageshow', false);
    expect(qoe.sessionId).toBeUndefined();
  });

  it('into the background, that is reported and everything is flushed with keepalive', async () => {
    const page = new FakePage().install();
    started();
    page.show('hidden');
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.events.at(-1)).toMatchObject({ type: 'visibility', hidden: true });
    expect(gateway.requests[0]?.keepalive).toBe(true);
    page.show('visible');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(gateway.events.map((event) => event.hidden)).toEqual([undefined, true, false, undefined]);
    expect(gateway.requests[1]?.keepalive).toBe(false);
  });

  it('a session opened in the background says so', async () => {
    const page = new FakePage().install();
    page.document.hidden = true;
    started().endSession();
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.events[1]).toMatchObject({ type: 'visibility', hidden: true });
  });

  it('after destroy() nobody listens any more', () => {
    const page = new FakePage().install();
    started().destroy();
    page.transition('pagehide', false);
    page.show('hidden');
    expect(page.sendBeacon).toHaveBeenCalledTimes(0);
  });
});
