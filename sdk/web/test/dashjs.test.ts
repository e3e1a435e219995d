// The dash.js adapter against vectors. The real dash.js cannot be loaded without a browser; its types vouch for the names.

import type { MediaPlayerEvents } from 'dashjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { dashjs } from '../src/adapters/dashjs.js';
import type { EventBody } from '../src/core/generated.js';
import { FakeMedia } from './fake-media.js';
import vectors from './vectors/dashjs.json' with { type: 'json' };

type Listener = (data: unknown) => void;

/** When the page of the vectors was opened. */
const OPENED = 1_795_266_342_039.5;

class FakeDash {
  media: FakeMedia | undefined;
  representations = [
    { height: 144, bandwidth: 90_000 },
    { height: 360, bandwidth: 354_000 },
  ];
  baseUrls = [{}];
  stream: object | null = null;
  dynamic = false;
  latency = Number.NaN;
  listeners: [string, Listener][] = [];
  attachSource() {}
  attachView() {}
  getVersion = () => '5.2.1';
  isDynamic = () => this.dynamic;
  getActiveStream = () => this.stream;
  getAvailableBaseUrls = () => this.baseUrls;
  getCurrentLiveLatency = () => this.latency;
  getRepresentationsByType = () => this.representations;
  getCurrentRepresentationForType = () => ({ bandwidth: 40_000 });
  getVideoElement() {
    if (!this.media) throw new Error('You must first call attachView()');
    return this.media;
  }
  on(event: string, listener: Listener) {
    this.listeners.push([event, listener]);
  }
  off(event: string, listener: Listener) {
    this.listeners = this.listeners.filter(([e, l]) => e !== event || l !== listener);
  }
  trigger(name: string, data: unknown = {}) {
    for (const [event, listener] of this.listeners) if (event === name) listener(data);
  }
}

function observed(dash = new FakeDash()) {
  const reported: EventBody[] = [];
  if (!dashjs.handles(dash)) throw new Error('the fake is not recognised');
  const attachment = dashjs.attach(dash, (body) => reported.push(JSON.parse(JSON.stringify(body))));
  return { dash: dash as unknown as FakeDash, attachment, taken: () => reported.splice(0) };
}

afterEach(() => vi.restoreAllMocks());

describe('vectors', () => {
  it.each(vectors.cases.map((vector) => [vector.name, vector.steps] as const))('%s', (_, steps) => {
    vi.spyOn(performance, 'timeOrigin', 'get').mockReturnValue(OPENED);
    const { dash, taken } = observed();
    for (const { event, data, expect: expected } of steps) {
      dash.trigger(event, data);
      expect(taken()).toEqual(expected);
    }
  });
});

it('listens to events the player has', () => {
  // The last one is of dash.js' inner events, which its types leave out.
  const names: (MediaPlayerEvents[keyof MediaPlayerEvents] | 'urlResolutionFailed')[] = [
    'manifestLoadingStarted',
    'streamInitializing',
    'qualityChangeRendered',
    'metricAdded',
    'error',
    'urlResolutionFailed',
  ];
  expect(observed().dash.listeners.map(([event]) => event)).toEqual(names);
});

it('tells dash.js from what is not', () => {
  expect(dashjs.handles(new FakeDash())).toBe(true);
  for (const other of [undefined, null, 1, {}, new FakeMedia(), { attachSource() {} }]) {
    expect(dashjs.handles(other)).toBe(false);
  }
});

it('names the player and its version', () => {
  expect(observed().attachment.playerVersion).toBe('dash.js 5.2.1');
});

it('says what is on the screen of a player that is joined late', () => {
  const dash = new FakeDash();
  dash.media = Object.assign(new FakeMedia(), { videoHeight: 144 });
  Object.assign(dash.media.state, { paused: false, readyState: 4, played: 1 });
  const bodies = observed(dash).taken();
  expect(bodies.find((body) => body.type === 'rendition')).toEqual({ type: 'rendition', bitrate: 130_000 });
});

it('observes an element given later, or exchanged, and lets go of player and element together', () => {
  const { dash, taken, attachment } = observed();
  const [first, second] = [new FakeMedia(), new FakeMedia()];
  dash.media = first;
  dash.trigger('manifestLoadingStarted');
  dash.trigger('streamInitializing');
  first.fire('play', { paused: false });
  expect(taken().map((body) => body.type)).toEqual(['play_request']);
  dash.media = second;
  dash.trigger('streamInitializing');
  expect(first.listeners).toBe(0);
  expect(second.listeners).toBeGreaterThan(0);
  attachment.detach();
  expect([second.listeners, dash.listeners.length]).toEqual([0, 0]);
});

describe('the rendition on the screen', () => {
  const [low, high, higher] = [
    { height: 144, bandwidth: 90_000 },
    { height: 360, bandwidth: 354_000 },
    { height: 360, bandwidth: 700_000 },
  ];

  function playing(...representations: { height: number; bandwidth: number }[]) {
    const screen = Object.assign(new FakeMedia(), { videoHeight: 0 });
    const { dash, taken } = observed(Object.assign(new FakeDash(), { media: screen, representations }));
    const show = (height: number, played: number) => {
      screen.videoHeight = height;
      screen.fire('resize', { played });
    };
    const tell = (now: object, old: object | null) =>
      dash.trigger('qualityChangeRendered', {
        mediaType: 'video',
        oldRepresentation: old,
        newRepresentation: now,
      });
    const bitrates = () => taken().flatMap((body) => (body.type === 'rendition' ? [body.bitrate] : []));
    return { show, tell, bitrates };
  }

  it('is told once a change, by the size of the picture, not by what was fetched for the moment', () => {
    const { show, tell, bitrates } = playing(low, high);
    // A live stream has played, for no time at all, before it shows anything.
    show(360, 1);
    expect(bitrates()).toEqual([]);
    tell(high, null);
    expect(bitrates()).toEqual([394_000]);
    show(144, 1);
    // The segment on the screen was fetched again in another quality: dash.js tells of that one.
    tell(high, low);
    expect(bitrates()).toEqual([130_000]);
    show(360, 1);
    expect(bitrates()).toEqual([394_000]);
  });

  it('is the one seen where the first segment was fetched twice', () => {
    const { show, tell, bitrates } = playing(low, high);
    show(144, 0);
    tell(high, null);
    expect(bitrates()).toEqual([130_000]);
  });

  it('is what dash.js says where sizes tell nothing', () => {
    const same = playing(high, higher);
    same.show(360, 1);
    same.tell(high, null);
    same.tell(higher, high);
    expect(same.bitrates()).toEqual([394_000, 740_000]);
    const unlike = playing(low, high);
    unlike.show(358, 1);
    unlike.tell(high, low);
    expect(unlike.bitrates()).toEqual([394_000]);
  });
});

describe('an error is fatal', () => {
  const missing = (code: number) => ({ error: { code, data: { request: { mediaType: 'video' } } } });
  const errors = (change: Partial<FakeDash>, tell: (dash: FakeDash) => void) => {
    const { dash, taken } = observed(Object.assign(new FakeDash(), change));
    tell(dash);
    return taken().map((body) => body.type === 'error' && [body.code, body.fatal]);
  };

  it('when the only base URL has no segment: told once', () => {
    const told = errors({}, (dash) => {
      dash.trigger('error', missing(27));
      dash.trigger('urlResolutionFailed', { error: { code: 19 } });
    });
    expect(told).toEqual([['27', true]]);
  });

  it('when the last of several base URLs failed', () => {
    const told = errors({ baseUrls: [{}, {}] }, (dash) => {
      dash.trigger('error', missing(28));
      dash.trigger('error', missing(28));
      dash.trigger('urlResolutionFailed', { error: { code: 19 } });
    });
    expect(told).toEqual([
      ['28', false],
      ['28', false],
      ['19', true],
    ]);
  });

  it('of the manifest when there was none before', () => {
    for (const code of [10, 25]) {
      expect(errors({}, (dash) => dash.trigger('error', missing(code)))).toEqual([[`${code}`, true]]);
      const live = errors({ stream: {} }, (dash) => dash.trigger('error', missing(code)));
      expect(live).toEqual([[`${code}`, false]]);
    }
  });

  it('never without a code', () => {
    expect(errors({}, (dash) => dash.trigger('error', { error: { message: 'steering' } }))).toEqual([]);
  });
});

describe('live latency', () => {
  function sample(change: Partial<FakeDash>) {
    const { latency_ms, latency_clock } = observed(
      Object.assign(new FakeDash(), { media: new FakeMedia() }, change),
    ).attachment.sample();
    return [latency_ms, latency_clock];
  }

  it('is what dash.js knows of the presentation', () => {
    expect(sample({ dynamic: true, latency: 6.2 })).toEqual([6_200, 'player']);
  });

  it('is not told on demand, nor before it is known, nor where clocks disagree', () => {
    for (const change of [{ latency: 6 }, { dynamic: true }, { dynamic: true, latency: -1 }]) {
      expect(sample(change)).toEqual([undefined, undefined]);
    }
  });

  it('needs media', () => {
    expect(observed().attachment.sample()).toEqual({});
  });
});
