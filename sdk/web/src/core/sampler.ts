// Sends one of some downloads, and says how many each of them stands for. Only while playback is steady: what surrounds a
// start, a stall or an error is what somebody will want to look at, and is sent whole.

import type { EventBody } from './generated.js';

/** What an answer of the gateway may ask for. */
export interface Hints {
  /** Send one of so many downloads. */
  download_weight?: number;
}

export interface Sampler {
  _heed(hints: Hints | undefined): void;
  /** Whether playback has had no trouble for a while. */
  _steady(): boolean;
  /** The event to send; `undefined` when another stands for it. */
  _admit(event: EventBody): EventBody | undefined;
}

/** Playback is steady after so long without trouble. */
const STEADY_MS = 30_000;
const MAX_WEIGHT = 64;
const TROUBLE = /^(stall|seek_start|play_request|pause)$/;

/** A weight of `least` at any time, of more when the gateway asks for it. */
export function createSampler(least: number): Sampler {
  let weight = least;
  // One of so many, beginning anywhere: the first segments of a thousand viewers are not all the ones left out.
  let passed = Math.floor(Math.random() * MAX_WEIGHT);
  let steadyFrom = Number.POSITIVE_INFINITY;

  const sampler: Sampler = {
    _heed(hints) {
      weight = Math.min(MAX_WEIGHT, Math.max(least, Math.floor(Number(hints?.download_weight) || 1)));
    },
    _steady: () => performance.now() >= steadyFrom,
    _admit(event) {
      const { type } = event;
      if (type === 'playing' || type === 'error') steadyFrom = performance.now() + STEADY_MS;
      if (TROUBLE.test(type)) steadyFrom = Number.POSITIVE_INFINITY;
      if (event.type !== 'download' || event.failed || weight < 2 || !sampler._steady()) return event;
      passed += 1;
      if (passed % weight === 0) return { ...event, weight };
    },
  };
  return sampler;
}
