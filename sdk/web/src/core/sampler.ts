// Sends one of some downloads, and says how many each of them stands for. Only while playback is steady: what surrounds a
// start, a stall or an error is what somebody will want to look at, and is sent whole.

import type { EventBody } from './generated.js';

export interface Sampler {
  /** Takes what an answer of the gateway asks for: one of so many downloads. */
  _heed(weight: number | undefined): void;
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
  let steadyFrom = Infinity;
  const steady = () => performance.now() >= steadyFrom;

  return {
    _heed(asked = 0) {
      // Nonsense is 0.
      weight = Math.max(least, Math.min(MAX_WEIGHT, asked | 0));
    },
    _steady: steady,
    _admit(event) {
      const { type } = event;
      if (type === 'playing' || type === 'error') steadyFrom = performance.now() + STEADY_MS;
      if (TROUBLE.test(type)) steadyFrom = Infinity;
      if (type !== 'download' || event.failed || weight < 2 || !steady()) return event;
      passed += 1;
      return passed % weight ? undefined : { ...event, weight };
    },
  };
}
