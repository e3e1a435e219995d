// The client as a page uses it: sessions, numbering, attributes, flushes and what it never does to its host.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { html5 } from '../src/adapters/html5.js';
import { OpenQoe, type Options, SDK_VERSION } from '../src/index.js';
import { FakeMedia } from './fake-media.js';
import { Gateway } from './gateway.js';

let gateway: Gateway;
let warnings: string[];

function client(options: Partial<Options> = {}): OpenQoe {
  const onWarning = (message: string) => void warnings.push(message);
  return new OpenQoe({ endpoint: '/v1/ingest', fetch: gateway.fetch, onWarning, ...options });
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_763_688_000_000 });
  gateway = new Gateway();
  warnings = [];
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a session', () => {
  it('is one batch of the native format', async () => {
    const qoe = client({ assetId: 'movie123', isLive: false, attributes: { cdn: 'edge-a' } });
    const id = qoe.startSession();
    await vi.advanceTimersByTimeAsync(4);
    qoe.notePlayRequest();
    await vi.advanceTimersByTimeAsync(200);
    expect(gateway.batches).toEqual([
      {
        spec_version: '0.1.0',
        sent_at: 1_763_688_000_204,
        session: {
          session_id: id,
          started_at: 1_763_688_000_000,
          attributes: { sdk_version: SDK_VERSION, asset_id: 'movie123', is_live: false, cdn: 'edge-a' },
        },
        events: [
          { type: 'session_start', seq: 0, t: 0 },
          { type: 'play_request', trigger: 'user', seq: 1, t: 4 },
        ],
      },
    ]);
    expect(gateway.requests[0]).toMatchObject({
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      credentials: 'omit',
      keepalive: false,
    });
  });

  it('numbers without gaps and never goes back in time', async () => {
    const qoe = client();
    qoe.startSession();
    const now = vi.spyOn(performance, 'now');
    const readings = [1_000, 990, 1_000.4, 1_200];
    const origin = performance.now();
    for (const reading of readings) {
      now.mockReturnValue(origin + reading);
      qoe.note({ type: 'seek_start' });
    }
    now.mockRestore();
    qoe.endSession();
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.events.map((event) => event.seq)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(gateway.events.slice(1, 5).map((event) => event.t)).toEqual([1_000, 1_000, 1_000, 1_200]);
  });

  it('has a random id also where crypto.randomUUID is missing', () => {
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    const ids = [client().startSession(), client().startSession()];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('is started once, ended once, and is silent afterwards', async () => {
    const qoe = client();
    expect(qoe.startSession()).toBe(qoe.startSession());
    qoe.endSession();
    qoe.endSession();
    qoe.notePlaybackStart();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(gateway.types).toEqual(['session_start', 'session_end']);
    expect(qoe.sessionId).toBeUndefined();
    expect(warnings).toEqual(['playing ignored: call startSession() first']);
  });

  it('goes on to the next asset under a new id', async () => {
    const qoe = client({ assetId: 'one', attributes: { cdn: 'a' } });
    const first = qoe.startSession();
    const second = qoe.newAsset({ assetId: 'two' });
    qoe.endSession();
    await vi.advanceTimersByTimeAsync(0);
    const told = gateway.batches.map(({ session, events }) => [
      session.session_id,
      session.attributes.asset_id,
      session.attributes.cdn,
      events.map((event) => `${event.seq} ${event.type} ${event.reason ?? ''}`.trim()),
    ]);
    expect(told).toEqual([
      [first, 'one', 'a', ['0 session_start', '1 session_end content_change']],
      [second, 'two', 'a', ['0 session_start', '1 session_end stopped']],
    ]);
  });

  it('beats every ten seconds whatever the state, also when sampling fails', async () => {
    const media = new FakeMedia();
    const qoe = client({ adapters: [html5] });
    qoe.attach(media);
    media.ranges = [[0, 3]];
    await vi.advanceTimersByTimeAsync(10_000);
    media.getVideoPlaybackQuality = () => {
      throw new Error('gone');
    };
    await vi.advanceTimersByTimeAsync(10_000);
    const beats = gateway.events.filter((event) => event.type === 'heartbeat');
    expect(beats).toEqual([
      { type: 'heartbeat', buffer_ms: 3_000, seq: 1, t: 10_000 },
      { type: 'heartbeat', seq: 2, t: 20_000 },
    ]);
  });

  it('has a heart of its own', async () => {
    const qoe = client();
    qoe.startSession();
    qoe.endSession();
    qoe.startSession();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(gateway.types.filter((type) => type === 'heartbeat')).toHaveLength(1);
  });
});

describe('attributes', () => {
  it('learned later complete the batch that still waits', async () => {
    const qoe = client({ adapters: [html5] });
    qoe.startSession();
    qoe.attach(new FakeMedia());
    qoe.setAttributes({ experiment_id: 'x' });
    qoe.endSession();
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.batches).toHaveLength(1);
    expect(gateway.batches[0]?.session.attributes).toMatchObject({
      player_version: 'html5',
      experiment_id: 'x',
    });
  });

  it('of the next asset are not those of the last', async () => {
    const qoe = client();
    qoe.startSession();
    qoe.newAsset({ assetId: 'two' });
    qoe.endSession();
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.batches.map(({ session }) => session.attributes.asset_id)).toEqual([undefined, 'two']);
  });

  it('stay as they were changed, and the player says its version only where the page does not', async () => {
    const qoe = client({ adapters: [html5], attributes: { cdn: 'a', player_version: 'own 2' } });
    qoe.setAttributes({ cdn: 'b' });
    qoe.attach(new FakeMedia());
    qoe.endSession();
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.batches[0]?.session.attributes).toMatchObject({ cdn: 'b', player_version: 'own 2' });
  });

  it('that change hold for later events only', async () => {
    const qoe = client({ attributes: { cdn: 'a' } });
    qoe.startSession();
    qoe.setAttributes({ cdn: 'b' });
    qoe.notePause();
    qoe.endSession();
    await vi.advanceTimersByTimeAsync(0);
    const told = gateway.batches.map(({ session, events }) => [
      session.attributes.cdn,
      events.map((e) => e.type),
    ]);
    expect(told).toEqual([
      ['a', ['session_start']],
      ['b', ['pause', 'session_end']],
    ]);
  });
});

describe('flushes', () => {
  it('make one batch of a burst', async () => {
    const qoe = client();
    qoe.startSession();
    qoe.notePlayRequest();
    await vi.advanceTimersByTimeAsync(150);
    qoe.notePlaybackStart();
    await vi.advanceTimersByTimeAsync(49);
    expect(gateway.batches).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(gateway.batches).toHaveLength(1);
    expect(gateway.types).toEqual(['session_start', 'play_request', 'playing']);
  });

  it.each([
    { type: 'play_request' },
    { type: 'playing' },
    { type: 'stall' },
    { type: 'ended' },
    { type: 'rendition', bitrate: 1 },
    { type: 'error', code: 'x', fatal: false },
  ] as const)('come soon after $type', async (event) => {
    const qoe = client();
    qoe.startSession();
    qoe.note(event);
    await vi.advanceTimersByTimeAsync(200);
    expect(gateway.types).toEqual(['session_start', event.type]);
  });

  it('wait for the heartbeat otherwise', async () => {
    const qoe = client();
    qoe.startSession();
    qoe.note({ type: 'download', kind: 'video' });
    qoe.notePause();
    await vi.advanceTimersByTimeAsync(9_999);
    expect(gateway.batches).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(gateway.types).toEqual(['session_start', 'download', 'pause', 'heartbeat']);
  });
});

describe('a player', () => {
  it('starts the session when it is attached, and is left alone after detach', async () => {
    const media = new FakeMedia();
    const qoe = client({ adapters: [html5] });
    qoe.attach(media);
    media.fire('play', { paused: false });
    qoe.detach();
    expect(media.listeners).toBe(0);
    qoe.endSession();
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.types).toEqual(['session_start', 'play_request', 'session_end']);
  });

  it('that plays already has no startup to measure', async () => {
    const media = new FakeMedia();
    Object.assign(media.state, { paused: false, readyState: 4, played: 1 });
    const qoe = client({ adapters: [html5] });
    qoe.attach(media);
    await vi.advanceTimersByTimeAsync(200);
    expect(gateway.events.map(({ type, hidden }) => [type, hidden])).toEqual([
      ['session_start', undefined],
      ['visibility', true],
      ['play_request', undefined],
      ['playing', undefined],
      ['visibility', false],
    ]);
  });

  it('is observed again by the next session', async () => {
    const media = new FakeMedia();
    const qoe = client({ adapters: [html5] });
    qoe.attach(media);
    qoe.endSession();
    media.fire('play', { paused: false });
    qoe.startSession();
    media.fire('playing', { readyState: 4 });
    await vi.advanceTimersByTimeAsync(200);
    expect(gateway.types).toEqual([
      'session_start',
      'session_end',
      'session_start',
      'play_request',
      'playing',
    ]);
  });

  it('that was given another source says nothing of it to the next session', async () => {
    const media = new FakeMedia();
    const qoe = client({ adapters: [html5] });
    qoe.attach(media);
    media.fire('play', { paused: false });
    media.fire('playing', { readyState: 4, played: 1 });
    Object.assign(media.state, { paused: true, readyState: 0, played: 0 });
    qoe.newAsset({ assetId: 'two' });
    media.fire('emptied');
    media.fire('play', { paused: false });
    await vi.advanceTimersByTimeAsync(200);
    expect(gateway.batches.at(-1)?.events.map(({ type }) => type)).toEqual(['session_start', 'play_request']);
  });

  it('without an adapter is an error that names the way out', () => {
    expect(() => client({ adapters: [html5] }).attach({})).toThrow(/in \[html5\]; see @openqoe\/sdk\/hlsjs/);
    expect(() => client().attach(new FakeMedia())).toThrow(/in \[\]/);
  });
});

describe('the host page', () => {
  it('hears of wrong options at once', () => {
    expect(() => new OpenQoe({} as Options)).toThrow(/endpoint/);
    expect(() => new OpenQoe(undefined as unknown as Options)).toThrow(/endpoint/);
    expect(() => client({ heartbeatMs: 10 })).toThrow(/heartbeatMs is 10/);
  });

  it('is never thrown at, in whatever order it calls', async () => {
    const qoe = client({
      adapters: [html5],
      onWarning: () => {
        throw new Error('host');
      },
    });
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    qoe.endSession();
    qoe.detach();
    qoe.noteError(Object.create(null));
    qoe.note({ type: 'error', code: cyclic as unknown as string, fatal: true });
    qoe.startSession();
    qoe.note({ type: 'error', code: cyclic as unknown as string, fatal: true });
    qoe.setAttributes({ cdn: 1n as unknown as string });
    qoe.noteError(Object.create(null), { fatal: false });
    qoe.destroy();
    qoe.destroy();
    await vi.advanceTimersByTimeAsync(0);
    expect(gateway.events.map(({ seq, type, code }) => [seq, type, code])).toEqual([
      [0, 'session_start', undefined],
      [1, 'error', 'unknown'],
      [2, 'session_end', undefined],
    ]);
  });

  it('sees errors cut to what the wire carries', async () => {
    const qoe = client();
    qoe.startSession();
    qoe.noteError('x'.repeat(100));
    qoe.noteError(403, { fatal: false, category: 'business' });
    await vi.advanceTimersByTimeAsync(200);
    expect(gateway.events.slice(1)).toMatchObject([
      { code: 'x'.repeat(64), fatal: true, category: 'technical' },
      { code: '403', fatal: false, category: 'business' },
    ]);
  });
});

it('reports the version of the package', () => {
  expect(SDK_VERSION).toBe(packageJson.version);
});
