// One viewing attempt: its identity, its clock and its numbering. An event becomes text here, at once, so that what
// is resent after a failure is byte for byte what was sent before.

import type { EventBody } from './generated.js';
import { fillRandom, UUID } from './random.js';

export interface Session {
  _id: string;
  /** The wall clock at `t` = 0, epoch ms. */
  _startedAt: number;
  /**
   * Numbers and dates an event that happened at `at`, on the clock of `performance.now()`. Throws where it cannot be JSON;
   * the number is then not used up.
   */
  _stamp(body: EventBody, at?: number): string;
  /**
   * Counts time asleep as passed. When there was no heartbeat for `limit` ms, returns when the last one was, on the
   * clock of `performance.now()`.
   */
  _wake(limit: number): number | undefined;
}

/** Of these, what happened before may be told after: they do not hold back its `t`. */
const TOLD_AT_ONCE = /^(download|error|rendition|heartbeat|custom)$/;
/** Wall clocks are corrected by less than this. */
const SLEPT_MS = 5_000;

export function openSession(): Session {
  const startedAt = Date.now();
  // From the clock of `performance.now()` to `t`. In some browsers that clock stands still while the device sleeps; the
  // wall clock, which nobody can trust otherwise, then says for how long. https://w3c.github.io/hr-time/
  let offset = -performance.now();
  let beaten = 0;
  let latest = 0;
  let seq = 0;
  return {
    _id: fillRandom(UUID),
    _startedAt: startedAt,
    _stamp(body, at = performance.now()) {
      // Never backwards, even where events are told of late or reduced timer precision makes the clock jitter.
      const t = Math.max(latest, Math.round(at + offset));
      const text = JSON.stringify({ ...body, seq, t });
      seq += 1;
      if (!TOLD_AT_ONCE.test(body.type)) latest = t;
      if (body.type === 'heartbeat') beaten = t;
      return text;
    },
    _wake(limit) {
      const elapsed = Date.now() - startedAt;
      if (elapsed > performance.now() + offset + SLEPT_MS) offset = elapsed - performance.now();
      const at = beaten - offset;
      if (performance.now() - at <= limit) return undefined;
      beaten = performance.now() + offset;
      return at;
    },
  };
}
