// What the core asks of a store that outlives the page, and nothing of how it keeps things: `@openqoe/sdk/offline` is one in
// IndexedDB, and an app may bring its own. Nothing here may throw, and nobody waits for it.

import type { Entry } from './queue.js';

/** Keeps events beyond the page. */
export interface OfflineStore {
  /**
   * Hands over what earlier pages left, oldest session first, with the number of events that were too old or too many. All
   * of it stays kept until it is forgotten.
   */
  open(restore: (entries: Entry[], lost: number) => void): void;
  /** Keeps events; those it has already are kept once. */
  keep(entries: readonly Entry[]): void;
  /** They have arrived. */
  forget(entries: readonly Entry[]): void;
  /** Removes everything and closes: nothing is handed over any more. It may be opened again. */
  clear(): void;
}
