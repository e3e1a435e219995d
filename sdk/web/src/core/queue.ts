// Events wait here until the gateway has acknowledged them, oldest first. Bounded, because a page may be offline for hours:
// what tells least about the viewer's experience goes first, and what went is counted.

import type { AttributeSet } from './attributes.js';

/** An event that waits. Plain data: an offline store keeps it as it is. */
export interface Entry {
  /** The session's id. */
  session: string;
  /** The session's wall clock at `t` = 0, epoch ms. */
  startedAt: number;
  /** The session's attributes when the event happened. */
  attributes: AttributeSet;
  /** The event as JSON. */
  event: string;
  /** Whether this may be dropped before anything else. */
  expendable: boolean;
}

/** More would make one request slow to accept and to repeat. */
const MAX_BATCH = 200;

/** Drops what can be missed best, and returns it. */
export function dropOne(queue: Entry[]): Entry[] {
  const at = queue.findIndex((entry) => entry.expendable);
  return queue.splice(Math.max(0, at), 1);
}

/** Entries from position `from` on that fit one batch: one session, one set of attributes. */
export function takeBatch(queue: readonly Entry[], from: number, maxChars: number): Entry[] {
  const first = queue[from] as Entry;
  let end = from;
  let chars = 0;
  for (const { session, attributes, event } of queue.slice(from, from + MAX_BATCH)) {
    chars += event.length;
    if (session !== first.session || attributes.text !== first.attributes.text) break;
    if (end > from && chars > maxChars) break;
    end += 1;
  }
  return queue.slice(from, end);
}
