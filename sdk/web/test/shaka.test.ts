// The Shaka Player adapter against vectors recorded from the real player, and what no event tells.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { shaka } from '../src/adapters/shaka.js';
import type { EventBody } from '../src/core/generated.js';
import { FakeMedia } from './fake-media.js';
import vectors from './vectors/shaka.json' with { type: 'json' };

interface Step {
  event?: string;
  data?: object;
  element?: string;
  height?: number;
  expect: object[];
}

class FakePlayer {
  static readonly version = 'v5.2.12';
  media: (FakeMedia & { videoHeight?: number }) | null = new FakeMedia();
  loadMode = 1;
  tracks: object[] = [];
  playheadDate: Date | null = null;
  live = false;
  loading: Promise<unknown> = Promise.resolve();
  listeners: [string, (event: object) => void][] = [];
  getMediaElement() {
    return this.media;
  }
  getLoadMode() {
    return this.loadMode;
  }
  getVariantTracks() {
    return [...this.tracks];
  }
  getPlayheadTimeAsDate() {
    return this.playheadDate;
  }
  isLive() {
    return this.live;
  }
  seekRange() {
    return { start: 0, end: 60 };
  }
  load(_url: string) {
    return this.loading;
  }
  addEventListener(event: string, listener: (event: object) => void) {
    this.listeners.push([event, listener]);
  }
  removeEventListener(event: string, listener: (event: object) => void) {
    this.listeners = this.listeners.filter(([e, l]) => e !== event || l !== listener);
  }
  async trigger(name: string, data: object = {}) {
    for (const [event, listener] of this.listeners) if (event === name) listener(data);
    await Promise.resolve();
    await Promise.resolve();
  }
}

function observed(player = new FakePlayer()) {
  const reported: EventBody[] = [];
  if (!shaka.handles(player)) throw new Error('the fake is not recognised');
  const attachment = shaka.attach(player, (body) => reported.push(body));
  const fake = player as unknown as FakePlayer;
  return { player: fake, media: fake.media as FakeMedia, attachment, taken: () => reported.splice(0) };
}

const failure = { severity: 2, category: 1, code: 1002, handled: false };

beforeEach(() => {
  vi.stubGlobal('navigator', { onLine: true });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it.each(vectors.cases.map(({ name, steps }) => [name, steps as Step[]] as const))('%s', async (_, steps) => {
  const { player, media, taken } = observed();
  for (const { event, data, element, height, expect: expected } of steps) {
    if (height) Object.assign(media, { videoHeight: height });
    if (element) media.dispatchEvent(new Event(element));
    if (event) await player.trigger(event, data);
    expect(taken()).toEqual(expected);
  }
});

it('tells Shaka Player from what is not, and names its version', () => {
  for (const other of [undefined, null, 1, {}, new FakeMedia()]) expect(shaka.handles(other)).toBe(false);
  expect(observed().attachment.playerVersion).toBe('Shaka Player 5.2.12');
});

it('follows the element, which is there right after the event that tells of it', async () => {
  const player = new FakePlayer();
  const media = player.media as FakeMedia;
  player.media = null;
  const { taken } = observed(player);
  const attaching = player.trigger('onstatechange', { state: 'attach' });
  player.media = media;
  await attaching;
  media.fire('play', { paused: false });
  expect(taken().map(({ type }) => type)).toEqual(['play_request']);
  player.media = null;
  await player.trigger('onstatechange', { state: 'detach' });
  expect(media.listeners).toBe(0);
});

it('lets go of player and media, and of load()', () => {
  const player = new FakePlayer();
  const { load } = player;
  const { attachment, media } = observed(player);
  expect(player.load).not.toBe(load);
  attachment.detach();
  expect([media.listeners, player.listeners.length]).toEqual([0, 0]);
  expect(player.load).toBe(load);
});

it('knows the rendition of a player that was at it before, also one that is banned meanwhile', () => {
  const player = Object.assign(new FakePlayer(), { loadMode: 2 });
  Object.assign(player.media as FakeMedia, { videoHeight: 360 });
  player.tracks = [
    { height: 360, bandwidth: 400_000, active: true },
    { height: 360, bandwidth: 300_000, active: false },
    { height: 240, bandwidth: 200_000, active: false },
  ];
  const { media, taken } = observed(player);
  expect(taken()).toEqual([{ type: 'rendition', bitrate: 400_000 }]);
  player.tracks = [];
  Object.assign(media, { videoHeight: 240 });
  media.dispatchEvent(new Event('resize'));
  expect(taken()).toEqual([{ type: 'rendition', bitrate: 200_000 }]);
});

it('says nothing of the tracks of media that is being let go', () => {
  const player = new FakePlayer();
  Object.assign(player.media as FakeMedia, { videoHeight: 360 });
  player.tracks = [{ height: 360, bandwidth: 400_000, active: true }];
  expect(observed(player).taken()).toEqual([]);
});

it('hears of a load that fails, and its caller does too', async () => {
  const { player, taken } = observed();
  player.loading = Promise.reject({ ...failure, code: 1001 });
  await expect(player.load('media')).rejects.toMatchObject({ code: 1001 });
  expect(taken()).toEqual([{ type: 'error', code: '1001', fatal: true }]);
});

it('takes no load that makes room for another for a failure', async () => {
  const { player, taken } = observed();
  player.loading = Promise.reject({ ...failure, code: 7000 });
  await expect(player.load('media')).rejects.toMatchObject({ code: 7000 });
  expect(taken()).toEqual([]);
});

it('goes by what Shaka does right after the event: live streams are fetched again', async () => {
  const { player, taken } = observed();
  const detail = { ...failure };
  const told = player.trigger('error', { detail });
  detail.severity = 1;
  await told;
  expect(taken()).toEqual([{ type: 'error', code: '1002', fatal: false }]);
});

it('waits for the network with the player', async () => {
  vi.stubGlobal('navigator', { onLine: false });
  const { player, taken } = observed();
  await player.trigger('error', { detail: failure });
  expect(taken()).toEqual([{ type: 'error', code: '1002', fatal: false }]);
});

it('tells one failure once, and the next after playback went on', async () => {
  const { player, media, taken } = observed();
  media.fire('error', { error: 3 });
  await player.trigger('error', { detail: { ...failure, category: 3, code: 3016 } });
  await player.trigger('error', { detail: { ...failure, category: 3, code: 3016 } });
  expect(taken()).toEqual([{ type: 'error', code: '3016', fatal: true }]);
  media.fire('play', { paused: false });
  media.fire('playing', { readyState: 4, played: 1 });
  await player.trigger('error', { detail: failure });
  expect(taken().map(({ type }) => type)).toEqual(['play_request', 'playing', 'error']);
});

it('does not take a jump over a gap for a seek of the viewer', async () => {
  const { player, media, taken } = observed();
  media.fire('play', { paused: false });
  media.fire('playing', { readyState: 4, played: 1, currentTime: 10 });
  taken();
  await player.trigger('gapjumped');
  media.fire('seeking', { seeking: true, currentTime: 12 });
  media.fire('seeked', { seeking: false });
  expect(taken().map(({ type }) => type)).not.toContain('seek_start');
  media.fire('seeking', { seeking: true, currentTime: 40 });
  await player.trigger('gapjumped');
  media.fire('seeking', { currentTime: 41 });
  media.fire('seeked', { seeking: false });
  expect(taken().map(({ type }) => type)).toEqual(expect.arrayContaining(['seek_start', 'seek_end']));
});

it('tells the live latency by the date of the playhead', () => {
  vi.useFakeTimers({ now: 1_700_000_100_000 });
  const sample = (change: Partial<FakePlayer>) => {
    const { latency_ms, latency_clock } = observed(
      Object.assign(new FakePlayer(), change),
    ).attachment.sample();
    return [latency_ms, latency_clock];
  };
  const playheadDate = new Date(1_700_000_095_500);
  expect(sample({ live: true, playheadDate })).toEqual([4_500, 'player']);
  expect(sample({ live: false, playheadDate })).toEqual([undefined, undefined]);
  expect(sample({ live: true, playheadDate: new Date(1_700_000_100_500) })).toEqual([undefined, undefined]);
  // A stream without dates begins in 1970.
  expect(sample({ live: true, playheadDate: new Date(5_000) })).toEqual([undefined, undefined]);
  expect(sample({ live: true, playheadDate: null })).toEqual([undefined, undefined]);
  expect(observed(Object.assign(new FakePlayer(), { media: null })).attachment.sample()).toEqual({});
});
