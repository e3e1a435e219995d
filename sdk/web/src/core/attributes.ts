// What is known about the session. A batch carries one set of attributes and a changed value holds from that batch on
// (native ingest guide), so events remember the set they happened under. Learning something new is no change: then
// the set is completed in place and events that still wait get it too, such as the player version after `attach`.

import type { Attributes } from './generated.js';

/** What was known about a session at one time. */
export interface AttributeSet {
  /** JSON, rewritten when an attribute is added. */
  text: string;
}

export interface AttributeBook {
  _current: AttributeSet;
  /** Throws where a value cannot be JSON; nothing is changed then. */
  _merge(values: Attributes): void;
  /** After a session: what is learned from now on is not about it. */
  _renew(): void;
}

export function createAttributes(): AttributeBook {
  let known: Record<string, unknown> = {};
  const book: AttributeBook = {
    _current: { text: '{}' },
    _merge(values) {
      const next: Record<string, unknown> = { ...known, ...values };
      const text = JSON.stringify(next);
      if (Object.keys(known).some((key) => known[key] !== next[key])) book._renew();
      book._current.text = text;
      // Without those that are undefined.
      known = JSON.parse(text);
    },
    _renew() {
      book._current = { ...book._current };
    },
  };
  return book;
}
