// Who does not want to be measured is not: nothing is sent, nothing is kept, nobody listens.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { html5 } from '../src/adapters/html5.js';
import { OpenQoe, type Options } from '../src/index.js';
import { FakeMedia } from './fake-media.js';
import { FakeStore } from './fake-store.js';
import { FakePage, Gateway } from './gateway.js';

let gateway: Gateway;
let store: FakeStore;
let page: FakePage;
let warnings: string[];

function client(options: Partial<Options> = {}): OpenQoe {
  const onWarning = (message: string) => void warnings.push(message);
  const defaults = { endpoint: 'https://gateway.example/v1/ingest', fetch: gateway.fetch, offline: store };
  return new OpenQoe({ ...defaults, adapters: [html5], onWarning, ...options });
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_763_688_000_000 });
  gateway = new Gateway();
  store = new FakeStore();
  page = new FakePage().install();
  warnings = [];
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function useEverything(qoe: OpenQoe, media: FakeMedia): void {
  qoe.attach(media);
  expect(qoe.startSession()).toBe('');
  qoe.notePlayRequest();
  qoe.noteCustom('x', 1);
  media.fire('play', { paused: false });
  page.show('hidden');
  page.transition('pagehide', true);
  page.transition('pageshow', true);
  page.show('visible');
}

it.each([
  ['denied', { consent: 'denied' }, false],
  ['misspelt', { consent: 'grantd' as 'granted' }, false],
  ['objected to in the browser, where that is heeded', { gpc: 'discard' }, true],
] as const)('%s: nothing happens at all', async (_, options, gpc) => {
  vi.stubGlobal('navigator', { sendBeacon: page.sendBeacon, globalPrivacyControl: gpc });
  const start = vi.fn();
  const media = new FakeMedia();
  const qoe = client(options);
  qoe.use({ name: 'curious', start, onEvent: start });
  useEverything(qoe, media);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(gateway.requests).toEqual([]);
  expect(page.beacons).toEqual([]);
  expect(store.log).toEqual(['clear']);
  expect([media.listeners, vi.getTimerCount(), start.mock.calls.length]).toEqual([0, 0, 0]);
  expect([qoe.sessionId, qoe.dropped, qoe.traceparent(), warnings]).toEqual([undefined, 0, undefined, []]);
});

it('taken back empties everything and lets go of everything, also of the request under way', async () => {
  gateway.answers = [new Promise<Response>(() => {})];
  const media = new FakeMedia();
  const qoe = client();
  qoe.attach(media);
  qoe.notePlayRequest();
  await vi.advanceTimersByTimeAsync(200);
  qoe.notePause();
  qoe.setConsent('denied');
  expect(gateway.requests[0]?.signal?.aborted).toBe(true);
  expect([qoe.sessionId, media.listeners, store.log.at(-1)]).toEqual([undefined, 0, 'clear']);
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
  useEverything(qoe, media);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([gateway.requests.length, page.beacons.length]).toEqual([1, 0]);
});

it('taken back while a retry is due leaves no timer', async () => {
  gateway.answers = [new Error('offline')];
  const qoe = client();
  qoe.startSession();
  qoe.notePlayRequest();
  await vi.advanceTimersByTimeAsync(200);
  qoe.setConsent('denied');
  expect(vi.getTimerCount()).toBe(0);
});

it('given opens a session for the player that is attached, with nothing of before', async () => {
  const media = new FakeMedia();
  const qoe = client({ consent: 'denied', assetId: 'one' });
  useEverything(qoe, media);
  qoe.setAttributes({ cdn: 'b' });
  qoe.setConsent('granted');
  qoe.setConsent('granted');
  expect(qoe.sessionId).toBeDefined();
  await vi.advanceTimersByTimeAsync(200);
  expect(gateway.batches).toHaveLength(1);
  expect(gateway.types).toEqual(['session_start', 'play_request']);
  expect(gateway.batches[0]?.session.attributes).toMatchObject({ asset_id: 'one', cdn: 'b' });
});

it('given opens no session where none was asked for, or where it was ended', () => {
  const qoe = client({ consent: 'denied' });
  qoe.setConsent('granted');
  expect(qoe.sessionId).toBeUndefined();
  qoe.startSession();
  qoe.setConsent('denied');
  qoe.endSession();
  qoe.setConsent('granted');
  expect(qoe.sessionId).toBeUndefined();
});

it('and its withdrawal can alternate: each time a new session', async () => {
  const qoe = client();
  const first = qoe.startSession();
  qoe.setConsent('denied');
  qoe.setConsent('granted');
  qoe.notePlayRequest();
  await vi.advanceTimersByTimeAsync(200);
  expect(qoe.sessionId).not.toBe(first);
  expect(gateway.batches.map((batch) => batch.session.session_id)).toEqual([qoe.sessionId]);
});

it('an answer of 410 is final', async () => {
  gateway.answers = [new Response('', { status: 410 })];
  const media = new FakeMedia();
  const qoe = client();
  qoe.attach(media);
  qoe.notePlayRequest();
  await vi.advanceTimersByTimeAsync(200);
  expect([qoe.sessionId, media.listeners, vi.getTimerCount()]).toEqual([undefined, 0, 0]);
  qoe.setConsent('granted');
  useEverything(qoe, media);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([gateway.requests.length, page.beacons.length, store.log.at(-1)]).toEqual([1, 0, 'clear']);
});

describe('a viewer', () => {
  async function hashOf(options: Partial<Options>, gpc = false): Promise<unknown> {
    vi.stubGlobal('navigator', { sendBeacon: page.sendBeacon, globalPrivacyControl: gpc });
    const digest = vi.spyOn(crypto.subtle, 'digest');
    const qoe = client(options);
    qoe.startSession();
    vi.useRealTimers();
    await digest.mock.results[0]?.value;
    await new Promise(setImmediate);
    qoe.endSession();
    await vi.waitFor(() => expect(gateway.batches).toHaveLength(1));
    return gateway.batches[0]?.session.attributes.viewer_id_hash;
  }

  // printf 'user-4711\0https://gateway.example' | sha256sum | cut -c -32
  const hash = '78b2401eb802605f026f76410237f89e';

  it('is a hash that means nothing elsewhere', async () => {
    expect(await hashOf({ viewerId: 'user-4711' })).toBe(hash);
    expect(JSON.stringify(gateway.batches)).not.toContain('4711');
  });

  it('who objects has none, whatever the page passes', async () => {
    expect(
      await hashOf({ viewerId: 'user-4711', attributes: { viewer_id_hash: hash } }, true),
    ).toBeUndefined();
  });

  it('who objects has one where the page ignores it', async () => {
    expect(await hashOf({ viewerId: 'user-4711', gpc: 'ignore' }, true)).toBe(hash);
  });

  it('of a page without https has none, and the developer hears why', async () => {
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    const qoe = client({ viewerId: 'user-4711' });
    qoe.startSession();
    await vi.advanceTimersByTimeAsync(0);
    expect(warnings).toEqual([expect.stringContaining('no viewer id: ')]);
  });
});
