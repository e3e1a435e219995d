// Events wait here until the gateway has acknowledged them. Bounded, because a page may be offline for hours: what
// tells least about the viewer's experience goes first, and what went is counted.

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

export interface Queue {
  /** Oldest first. */
  _entries: Entry[];
  _dropped: number;
  _push(entry: Entry): void;
  /** Puts what an earlier page left before everything else. It is bounded where it was kept. */
  _restore(older: readonly Entry[], lost: number): void;
  /** Entries from position `from` on that fit one batch: one session, one set of attributes. */
  _batch(from: number, maxChars: number): Entry[];
  _remove(entries: readonly Entry[]): void;
}

/** More would make one request slow to accept and to repeat. */
const MAX_BATCH = 200;

export function createQueue(bound: number, onFirstDrop: () => void): Queue {
  const queue: Queue = {
    _entries: [],
    _dropped: 0,
    _push(entry) {
      const entries = queue._entries;
      entries.push(entry);
      if (entries.length <= bound) return;
      const at = entries.findIndex((candidate) => candidate.expendable);
      entries.splice(Math.max(at, 0), 1);
      if (!queue._dropped) onFirstDrop();
      queue._dropped += 1;
    },
    _restore(older, lost) {
      queue._entries.unshift(...older);
      bound += older.length;
      queue._dropped += lost;
    },
    _batch(from, maxChars) {
      const { session, attributes } = queue._entries[from] ?? {};
      let chars = 0;
      const found = queue._entries.slice(from, from + MAX_BATCH);
      const end = found.findIndex((entry, at) => {
        chars += entry.event.length;
        const other = entry.session !== session || entry.attributes.text !== attributes?.text;
        return other || (at > 0 && chars > maxChars);
      });
      return end < 0 ? found : found.slice(0, end);
    },
    _remove(gone) {
      queue._entries = queue._entries.filter((entry) => !gone.includes(entry));
    },
  };
  return queue;
}
