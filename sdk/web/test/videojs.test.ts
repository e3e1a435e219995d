// The video.js adapter against vectors, with the shapes of the real video.js and its VHS.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { videojs } from '../src/adapters/videojs.js';
import type { EventBody } from '../src/core/generated.js';
import { FakeMedia } from './fake-media.js';
import { FakePlayer, FakeRequest, FakeTech } from './fake-videojs.js';
import vectors from './vectors/videojs.json' with { type: 'json' };

function observed(player = new FakePlayer()) {
  const reported: EventBody[] = [];
  const times: (number | undefined)[] = [];
  if (!videojs.handles(player)) throw new Error('the fake is not recognised');
  const attachment = videojs.attach(player, (body, at) => {
    reported.push(body);
    times.push(at);
  });
  const taken = () => reported.splice(0);
  return { player: player as unknown as FakePlayer, attachment, taken, times };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 99_000 });
  // Nobody presses as the page begins to load.
  vi.advanceTimersByTime(1_000);
});
afterEach(() => vi.useRealTimers());

describe('events', () => {
  it.each(vectors.events.map((vector) => [vector.name, vector.steps] as const))('%s', (_, steps) => {
    const { player, taken } = observed();
    player.state.paused = false;
    for (const step of steps) {
      Object.assign(player.state, 'set' in step ? step.set : {});
      player.trigger(step.event);
      expect(taken()).toEqual(step.expect);
    }
  });
});

describe('requests', () => {
  it.each(vectors.requests.map((vector) => [vector.name, vector] as const))('%s', async (_, vector) => {
    const { player, taken } = observed();
    const request = new FakeRequest();
    player.brings(request);
    const type = vector.loader ?? 'main';
    player.trigger('segmentloadstart', { metadata: { segmentInfo: { type } } });
    expect(player.tech().vhs?.xhr({ requestType: vector.requestType }, () => {})).toBe(request);
    // Another loader's turn before the answer changes nothing.
    player.trigger('segmentloadstart', { metadata: { segmentInfo: { type: 'other' } } });
    Object.assign(player.state, vector.set);
    vi.advanceTimersByTime(30);
    request.heads(vector.answer.status);
    vi.advanceTimersByTime(20);
    await request.ends(vector.answer.loaded, vector.answer.then);
    expect(taken()).toEqual(vector.expect);
  });

  it('keeps what hangs on the function', () => {
    const { player, attachment } = observed();
    player.brings(new FakeRequest());
    const { vhs } = player.tech();
    expect(vhs?.xhr).toHaveProperty('onRequest', 'hook');
    attachment.detach();
    expect(vhs?.xhr).toHaveProperty('onRequest', 'hook');
  });
});

it('tells video.js from what is not', () => {
  expect(videojs.handles(new FakePlayer())).toBe(true);
  for (const other of [undefined, null, 1, {}, new FakeMedia()]) expect(videojs.handles(other)).toBe(false);
});

it('names the player and its version', () => {
  expect(observed().attachment.playerVersion).toBe('video.js 8.24.1');
});

describe('the press', () => {
  it('is when the wait begins, though the element hears of it later', async () => {
    const { player, taken, times } = observed();
    const pressed = performance.now();
    await player.play();
    expect(taken()).toEqual([]);
    vi.advanceTimersByTime(200);
    player.media.fire('play', { paused: false });
    expect(taken()).toEqual([{ type: 'play_request', trigger: 'user' }]);
    expect(times).toEqual([pressed]);
    // A later one is of the element's own controls.
    player.media.fire('pause', { paused: true });
    player.media.fire('play', { paused: false });
    expect(times.at(-1)).not.toBe(pressed);
  });

  it('is none where the browser forbids it', async () => {
    const { player, taken, times } = observed();
    const pressed = performance.now();
    player.refuse();
    await expect(player.play()).rejects.toThrow('forbidden');
    vi.advanceTimersByTime(3_000);
    player.media.fire('play', { paused: false });
    expect(taken()).toEqual([{ type: 'play_request', trigger: 'user' }]);
    expect(times).not.toContain(pressed);
  });

  it('means nothing while it plays', async () => {
    const { player, times } = observed();
    player.state.paused = false;
    const pressed = performance.now();
    await player.play();
    vi.advanceTimersByTime(3_000);
    player.media.fire('play', { paused: false });
    expect(times).not.toContain(pressed);
  });

  it('is told before the failure that comes before the element hears of it', async () => {
    const { player, taken, times } = observed();
    const pressed = performance.now();
    await player.play();
    player.state.error = { code: 2 };
    player.trigger('error');
    expect(taken().map(({ type }) => type)).toEqual(['play_request', 'error']);
    expect(times[0]).toBe(pressed);
  });

  it('is watched no longer than the player is', () => {
    const player = new FakePlayer();
    const { play } = player;
    const { attachment } = observed(player);
    expect(player.play).not.toBe(play);
    attachment.detach();
    expect(player.play).toBe(play);
  });

  it('stays with whoever stood in front of it since', () => {
    const { player, attachment } = observed();
    const theirs = async () => {};
    player.play = theirs;
    attachment.detach();
    expect(player.play).toBe(theirs);
  });
});

it('leaves failures of the element to the player', () => {
  const { player, taken } = observed();
  player.media.fire('error', { error: 4 });
  expect(taken()).toEqual([]);
});

it('takes the seek to where the page told it to begin for no seek', () => {
  const { player, taken } = observed();
  player.state.initTime = 20;
  player.trigger('loadstart');
  player.state.initTime = 0;
  vi.advanceTimersByTime(1_000);
  player.media.fire('seeking', { seeking: true, currentTime: 20 });
  expect(taken()).toEqual([]);
  player.media.fire('seeking', { currentTime: 40 });
  expect(taken()).toEqual([{ type: 'seek_start' }]);
});

it('takes the seek to the live edge for none either', () => {
  const { player, taken } = observed();
  player.state.seekable = [0, 24];
  vi.advanceTimersByTime(1_000);
  player.media.fire('seeking', { seeking: true, currentTime: 24 });
  expect(taken()).toEqual([]);
});

it('observes the element of the tech there is', () => {
  const player = new FakePlayer(null);
  const { taken, attachment } = observed(player);
  expect(attachment.sample()).toEqual({});
  const first = player.swap(new FakeTech());
  first.fire('play', { paused: false });
  expect(taken().map(({ type }) => type)).toEqual(['play_request']);
  const second = player.swap(new FakeTech());
  expect(first.listeners).toBe(0);
  second.fire('play', { paused: false });
  expect(taken().map(({ type }) => type)).toEqual(['play_request']);
  expect(attachment.sample()).toMatchObject({ buffer_ms: 0 });
});

it('lets go of everything', () => {
  const player = new FakePlayer();
  const { attachment } = observed(player);
  player.brings(new FakeRequest());
  attachment.detach();
  expect([player.listeners.length, player.media.listeners]).toEqual([0, 0]);
  expect(player.tech().vhs?.xhr).toBe(player.send);
});

describe('live latency', () => {
  function latency(programDateTime: number | undefined, duration = Number.POSITIVE_INFINITY) {
    const { player, attachment } = observed();
    const cues = [{ startTime: 24, value: { bandwidth: 1, programDateTime } }];
    Object.assign(player.state, { cues, duration, currentTime: 25.5 });
    const { latency_ms, latency_clock } = attachment.sample();
    return [latency_ms, latency_clock];
  }

  it('is the age of the frame shown', () => {
    expect(latency(94_000)).toEqual([4_500, 'program_date_time']);
  });

  it('is not told on demand, without dates', () => {
    expect(latency(94_000, 60)).toEqual([undefined, undefined]);
    expect(latency(undefined)).toEqual([undefined, undefined]);
  });
});
