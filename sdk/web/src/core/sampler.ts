// Sends fewer downloads when the gateway asks for fewer, and says how many each of them stands for. Only while playback is
// steady: what surrounds a start, a stall or an error is what somebody will want to look at, and is sent whole.

import type { EventBody } from './generated.js';

/** What an answer of the gateway may ask for. */
export interface Hints {
  /** Send one of so many downloads. */
  download_weight?: number;
}

export interface Sampler {
  heed(hints: Hints | undefined): void;
  /** The event to send; `undefined` when another stands for it. */
  admit(event: EventBody): EventBody | undefined;
}

/** Playback is steady after so long without trouble. */
const STEADY_MS = 30_000;
const MAX_WEIGHT = 64;
const TROUBLE = /^(stall|seek_start|play_request|pause)$/;

export function createSampler(now: () => number = () => performance.now()): Sampler {
  let weight = 1;
  // One of so many, beginning anywhere: the first segments of a thousand viewers are not all the ones left out.
  let passed = Math.floor(Math.random() * MAX_WEIGHT);
  let steadyFrom = Number.POSITIVE_INFINITY;

  return {
    heed(hints) {
      weight = Math.min(MAX_WEIGHT, Math.max(1, Math.floor(Number(hints?.download_weight) || 1)));
    },
    admit(event) {
      if (event.type === 'playing' || event.type === 'error') steadyFrom = now() + STEADY_MS;
      else if (TROUBLE.test(event.type)) steadyFrom = Number.POSITIVE_INFINITY;
      if (event.type !== 'download' || event.failed || weight === 1 || now() < steadyFrom) return event;
      passed += 1;
      return passed % weight ? undefined : { ...event, weight };
    },
  };
}
