// One viewing attempt: its identity, its clock and its numbering. An event becomes text here, at once, so that what
// is resent after a failure is byte for byte what was sent before.

import { type Clock, startClock } from './clock.js';
import type { EventBody } from './generated.js';
import { fillRandom, UUID } from './random.js';

export interface Session {
  _id: string;
  _clock: Clock;
  /** Numbers and dates an event. Throws where it cannot be JSON; the number is then not used up. */
  _stamp(body: EventBody, at?: number): string;
}

export function openSession(): Session {
  const clock = startClock();
  let seq = 0;
  return {
    _id: fillRandom(UUID),
    _clock: clock,
    _stamp(body, at) {
      const text = JSON.stringify({ ...body, seq, t: clock._date(body.type, at) });
      seq += 1;
      return text;
    },
  };
}
