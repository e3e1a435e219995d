// The hls.js adapter against vectors, with the event names and the class shape of the real hls.js.

import { Events } from 'hls.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hlsjs } from '../src/adapters/hlsjs.js';
import type { EventBody } from '../src/core/generated.js';
import { FakeMedia } from './fake-media.js';
import vectors from './vectors/hlsjs.json' with { type: 'json' };

type Listener = (event: string, data: unknown) => void;

class FakeHls {
  static readonly Events = Events;
  static readonly version = '1.7.4';
  media: FakeMedia | null = null;
  levels = [{ bitrate: 400_400 }, { bitrate: 2_050_400.6 }];
  currentLevel = -1;
  latency = 0;
  playingDate: Date | null = null;
  latestLevelDetails: { live: boolean } | null = null;
  listeners: [string, Listener][] = [];
  loadSource() {}
  attachMedia() {}
  on(event: string, listener: Listener) {
    this.listeners.push([event, listener]);
  }
  off(event: string, listener: Listener) {
    this.listeners = this.listeners.filter(([e, l]) => e !== event || l !== listener);
  }
  trigger(name: keyof typeof Events, data: unknown) {
    for (const [event, listener] of this.listeners) if (event === Events[name]) listener(event, data);
  }
}

function observed(hls = new FakeHls()) {
  const reported: EventBody[] = [];
  if (!hlsjs.handles(hls)) throw new Error('the fake is not recognised');
  const attachment = hlsjs.attach(hls, (body) => reported.push(body));
  const taken = () => reported.splice(0);
  return { hls: hls as unknown as FakeHls, attachment, taken };
}

afterEach(() => vi.useRealTimers());

describe('vectors', () => {
  it.each(vectors.cases.map((vector) => [vector.name, vector.steps] as const))('%s', (_, steps) => {
    const { hls, taken } = observed();
    for (const { event, data, expect: expected } of steps) {
      hls.trigger(event as keyof typeof Events, data);
      expect(taken()).toEqual(expected);
    }
  });
});

it('tells hls.js from what is not', () => {
  expect(hlsjs.handles(new FakeHls())).toBe(true);
  for (const other of [undefined, null, 1, {}, new FakeMedia(), { loadSource() {} }]) {
    expect(hlsjs.handles(other)).toBe(false);
  }
});

it('names the player and its version', () => {
  expect(observed().attachment.playerVersion).toBe('hls.js 1.7.4');
});

it('observes the media of a player that has one, and says what is on the screen', () => {
  const hls = new FakeHls();
  hls.media = new FakeMedia();
  Object.assign(hls.media.state, { paused: false, readyState: 4 });
  hls.currentLevel = 0;
  const { taken } = observed(hls);
  expect(taken().map((body) => body.type)).toEqual(['play_request', 'playing', 'rendition']);
});

it('observes media attached later, once, and reports the pause that detaching is', () => {
  const { hls, taken, attachment } = observed();
  const media = new FakeMedia();
  hls.trigger('MEDIA_ATTACHING', { media });
  hls.trigger('MEDIA_ATTACHING', { media });
  hls.media = media;
  media.fire('play', { paused: false });
  media.fire('playing', { readyState: 4, played: 1 });
  expect(taken().map((body) => body.type)).toEqual(['play_request', 'playing']);
  // hls.js takes the source away first, which pauses the element at once.
  media.state.paused = true;
  hls.trigger('MEDIA_DETACHING', {});
  expect(taken()).toEqual([{ type: 'pause' }]);
  expect(media.listeners).toBe(0);
  expect(hls.listeners.length).toBeGreaterThan(0);
  attachment.detach();
  expect(hls.listeners).toEqual([]);
});

it('lets go of player and media together', () => {
  const hls = new FakeHls();
  hls.media = new FakeMedia();
  const { attachment } = observed(hls);
  attachment.detach();
  expect([hls.media.listeners, hls.listeners.length]).toEqual([0, 0]);
});

describe('live latency', () => {
  function sample(change: Partial<FakeHls>) {
    vi.useFakeTimers({ now: 100_000 });
    const hls = Object.assign(new FakeHls(), { media: new FakeMedia() }, change);
    const { latency_ms, latency_clock } = observed(hls).attachment.sample();
    return [latency_ms, latency_clock];
  }

  it('is the age of the frame shown where the stream carries its date', () => {
    const playingDate = new Date(95_500);
    expect(sample({ latestLevelDetails: { live: true }, playingDate, latency: 3 })).toEqual([
      4_500,
      'program_date_time',
    ]);
  });

  it('is what hls.js estimates otherwise', () => {
    expect(sample({ latestLevelDetails: { live: true }, latency: 6.2 })).toEqual([6_200, 'player']);
  });

  it('is not told on demand, nor where clocks disagree', () => {
    expect(sample({ latestLevelDetails: { live: false }, latency: 6 })).toEqual([undefined, undefined]);
    const playingDate = new Date(100_500);
    expect(sample({ latestLevelDetails: { live: true }, playingDate })).toEqual([undefined, undefined]);
  });

  it('needs media', () => {
    expect(observed().attachment.sample()).toEqual({});
  });
});
