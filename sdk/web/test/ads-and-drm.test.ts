// The plugins for ads and keys against vectors.

import { describe, expect, it } from 'vitest';
import type { EventBody, Plugin } from '../src/index.js';
import { drm } from '../src/plugins/drm.js';
import { type AdEvent, ima } from '../src/plugins/ima.js';
import drmVectors from './vectors/drm.json' with { type: 'json' };
import imaVectors from './vectors/ima.json' with { type: 'json' };

/** Starts a plugin; `taken` gives and forgets what it noted. */
function started(plugin: Plugin) {
  const noted: EventBody[] = [];
  const undo = plugin.start?.({
    sessionId: 'session',
    note: (event) => void noted.push(event),
    noteCustom: (name, value) => void noted.push({ type: 'custom', name, value }),
    setAttributes() {},
    traceparent: () => undefined,
  });
  return { taken: () => noted.splice(0), undo: undo ?? (() => {}) };
}

class FakeAdsManager {
  readonly listeners = new Map<string, (event: AdEvent) => void>();
  addEventListener(type: string, listener: (event: AdEvent) => void) {
    this.listeners.set(type, listener);
  }
  removeEventListener(type: string, listener: (event: AdEvent) => void) {
    if (this.listeners.get(type) === listener) this.listeners.delete(type);
  }
}

interface ImaStep {
  event: string;
  offset?: number;
  code?: number;
  expect: unknown[];
}

describe('ima', () => {
  it.each(
    imaVectors.cases.map(({ name, steps }) => [name, steps as ImaStep[]] as const),
  )('%s', (_, steps) => {
    const manager = new FakeAdsManager();
    const { taken } = started(ima(manager));
    for (const { event, offset, code, expect: expected } of steps) {
      const ad = { getAdPodInfo: () => ({ getTimeOffset: () => offset as number }) };
      manager.listeners.get(event)?.({
        getAd: () => (offset === undefined ? null : ad),
        getError: () => ({ getErrorCode: () => code as number }),
      });
      expect(taken()).toEqual(expected);
    }
  });

  it('hears ads under the names of shims as well', () => {
    const manager = new FakeAdsManager();
    const { taken } = started(ima(manager));
    for (const name of ['started', 'skipped']) manager.listeners.get(name)?.({});
    expect(taken()).toEqual([{ type: 'ad_start' }, { type: 'ad_end', result: 'skipped' }]);
  });

  it('is undone whole', () => {
    const manager = new FakeAdsManager();
    started(ima(manager)).undo();
    expect(manager.listeners.size).toBe(0);
  });
});

describe('drm', () => {
  it.each(drmVectors.cases.map(({ name, steps }) => [name, steps] as const))('%s', (_, steps) => {
    const media = new EventTarget();
    const { taken } = started(drm(media as HTMLMediaElement));
    for (const { event, at, expect: expected } of steps) {
      media.dispatchEvent(Object.defineProperty(new Event(event), 'timeStamp', { value: at }));
      expect(taken()).toEqual(expected);
    }
  });

  it('is undone whole', () => {
    const media = new EventTarget();
    const { taken, undo } = started(drm(media as HTMLMediaElement));
    undo();
    for (const type of ['waitingforkey', 'canplay']) media.dispatchEvent(new Event(type));
    expect(taken()).toEqual([]);
  });
});
