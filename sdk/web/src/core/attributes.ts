// What is known about the session. A batch carries one set of attributes and a changed value holds from that batch on
// (native ingest guide), so events remember the set they happened under. Learning something new is no change: then
// the set is completed in place and events that still wait get it too, such as the player version after `attach`.

import type { Attributes } from './generated.js';

export interface AttributeSet {
  /** JSON, rewritten when an attribute is added. */
  text: string;
}

export interface AttributeBook {
  readonly current: AttributeSet;
  /** Throws where a value cannot be JSON; nothing is changed then. */
  merge(values: Attributes): void;
  /** After a session: what is learned from now on is not about it. */
  renew(): void;
}

export function createAttributes(initial: Attributes): AttributeBook {
  let known: Record<string, unknown> = {};
  let current: AttributeSet = { text: '{}' };
  const book: AttributeBook = {
    get current() {
      return current;
    },
    merge(values) {
      const next: Record<string, unknown> = { ...known, ...values };
      const text = JSON.stringify(next);
      const changed = Object.keys(known).some((key) => known[key] !== undefined && known[key] !== next[key]);
      if (changed) current = { text };
      else current.text = text;
      known = next;
    },
    renew() {
      current = { text: current.text };
    },
  };
  book.merge(initial);
  return book;
}
