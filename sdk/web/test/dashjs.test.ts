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
  dynamic = false;
  latency = Number.NaN;
  listeners: [string, Listener][] = [];
  attachSource() {}
  attachView() {}
  getVersion = () => '5.2.1';
  isDynamic = () => this.dynamic;
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
  const names: MediaPlayerEvents[keyof MediaPlayerEvents][] = [
    'manifestLoadingStarted',
    'streamInitializing',
    'qualityChangeRendered',
    'metricAdded',
    'error',
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
  Object.assign(dash.media.state, { paused: false, readyState: 4 });
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
