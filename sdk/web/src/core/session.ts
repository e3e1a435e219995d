// One viewing attempt: its identity, its clock and its numbering. An event becomes text here, at once, so that what
// is resent after a failure is byte for byte what was sent before.

import { startClock } from './clock.js';
import type { EventBody } from './generated.js';
import { uuid } from './uuid.js';

export interface Session {
  readonly id: string;
  /** The wall clock at `t` = 0, epoch ms. */
  readonly startedAt: number;
  /** Numbers and dates an event. Throws where it cannot be JSON; the number is then not used up. */
  stamp(body: EventBody, at?: number): string;
}

export function openSession(): Session {
  const clock = startClock();
  let seq = 0;
  return {
    id: uuid(),
    startedAt: Date.now(),
    stamp(body, at) {
      const text = JSON.stringify({ ...body, seq, t: clock(body.type, at) });
      seq += 1;
      return text;
    },
  };
}
