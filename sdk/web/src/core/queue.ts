// Events wait here until the gateway has acknowledged them. Bounded, because a page may be offline for hours: what
// tells least about the viewer's experience goes first, and what went is counted.

import type { AttributeSet } from './attributes.js';
import type { Session } from './session.js';

export interface Entry {
  session: Session;
  /** The session's attributes when the event happened. */
  attributes: AttributeSet;
  /** The event as JSON. */
  event: string;
  /** Whether this may be dropped before anything else. */
  expendable: boolean;
}

export interface Queue {
  readonly dropped: number;
  push(entry: Entry): void;
  /** Entries from position `from` on that fit one batch: one session, one set of attributes. */
  batch(from: number, maxChars: number): Entry[];
  remove(entries: readonly Entry[]): void;
}

/** More would make one request slow to accept and to repeat. */
const MAX_BATCH = 200;

export function createQueue(bound: number, onFirstDrop: () => void): Queue {
  let entries: Entry[] = [];
  let dropped = 0;
  return {
    get dropped() {
      return dropped;
    },
    push(entry) {
      entries.push(entry);
      if (entries.length <= bound) return;
      const at = entries.findIndex((candidate) => candidate.expendable);
      entries.splice(Math.max(at, 0), 1);
      dropped += 1;
      if (dropped === 1) onFirstDrop();
    },
    batch(from, maxChars) {
      const first = entries[from];
      if (!first) return [];
      const found: Entry[] = [];
      let chars = 0;
      for (const entry of entries.slice(from, from + MAX_BATCH)) {
        chars += entry.event.length;
        // A session never shares its set with another.
        if (entry.attributes !== first.attributes || (chars > maxChars && found.length > 0)) break;
        found.push(entry);
      }
      return found;
    },
    remove(gone) {
      entries = entries.filter((entry) => !gone.includes(entry));
    },
  };
}
