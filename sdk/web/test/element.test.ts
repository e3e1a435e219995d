// The media normaliser against vectors: what an element does, and what is reported at each step.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { html5 } from '../src/adapters/html5.js';
import type { EventBody } from '../src/core/generated.js';
import { FakeMedia, type Step } from './fake-media.js';
import rules from './vectors/element.json' with { type: 'json' };
import chromium from './vectors/element-chromium.json' with { type: 'json' };

interface Vector {
  name: string;
  steps: Step[];
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A step lasts this long: longer than what is too short for a stall. */
const STEP_MS = 250;

function replay(steps: Step[]): EventBody[][] {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const media = new FakeMedia();
  vi.stubGlobal('navigator', { userActivation: media.state });
  let reported: EventBody[] = [];
  return steps.map(({ event, set }) => {
    reported = [];
    Object.assign(media.state, set);
    if (event === 'observe') html5.attach(media.asElement(), (body) => reported.push(body));
    else media.fire(event);
    vi.advanceTimersByTime(STEP_MS);
    return reported;
  });
}

describe.each([
  ['rules', rules.cases as Vector[]],
  ['Chromium', chromium.cases as Vector[]],
])('%s', (_, cases) => {
  it.each(cases.map((vector) => [vector.name, vector.steps] as const))('%s', (_, steps) => {
    expect(replay(steps)).toEqual(steps.map((step) => step.expect));
  });
});

describe('html5', () => {
  it('knows an element by what it can do', () => {
    expect(html5.handles(new FakeMedia())).toBe(true);
    for (const other of [undefined, null, 1, {}, { loadSource() {} }])
      expect(html5.handles(other)).toBe(false);
  });

  it('leaves no listener behind', () => {
    const media = new FakeMedia();
    const attachment = html5.attach(media.asElement(), () => {});
    expect(media.listeners).toBeGreaterThan(5);
    attachment.detach();
    expect(media.listeners).toBe(0);
  });

  it('samples the range under the playhead and the frame counts', () => {
    const media = new FakeMedia();
    const { sample } = html5.attach(media.asElement(), () => {});
    media.state.currentTime = 12.5;
    media.ranges = [
      [0, 10],
      [12, 20.25],
    ];
    media.frames = { totalVideoFrames: 300, droppedVideoFrames: 4 };
    expect(sample()).toEqual({ buffer_ms: 7750, frames_decoded: 300, frames_dropped: 4 });
    media.state.currentTime = 11;
    expect(sample().buffer_ms).toBe(0);
  });

  it('calls a stall only what a viewer would', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const media = new FakeMedia();
    const reported: string[] = [];
    html5.attach(media.asElement(), ({ type }) => reported.push(type));
    for (const [event, passes] of [
      ['play', 0],
      ['playing', 1_000],
      ['waiting', 150],
      ['playing', 1_000],
      ['waiting', 250],
      ['playing', 0],
    ] as const) {
      media.fire(event, { paused: false, readyState: event === 'waiting' ? 2 : 4 });
      vi.advanceTimersByTime(passes);
    }
    expect(reported).toEqual(['play_request', 'playing', 'playing', 'stall', 'playing']);
  });

  it('asks as the viewer where the browser does not know about activation', () => {
    vi.stubGlobal('navigator', undefined);
    const media = new FakeMedia();
    const reported: EventBody[] = [];
    html5.attach(media.asElement(), (body) => reported.push(body));
    media.fire('play', { paused: false });
    expect(reported).toEqual([{ type: 'play_request', trigger: 'user' }]);
  });
});
