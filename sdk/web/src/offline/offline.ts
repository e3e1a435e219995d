// @openqoe/sdk/offline: keeps what could not be sent for the next page, in IndexedDB. An entry point of its own: a page
// that is content to lose the end of what happened offline does not carry it.
// https://w3c.github.io/IndexedDB/ https://w3c.github.io/web-locks/

import type { OfflineStore } from '../core/offline-store.js';
import type { Entry } from '../core/queue.js';
import { takeTurn } from './turn.js';

const EVENTS = 'events';
const MAX_EVENTS = 5_000;
const MAX_AGE_MS = 7 * 24 * 3_600_000;

/**
 * A store for one client, in the IndexedDB database of that name: at most 5 000 events, for seven days. Clients that report to
 * different gateways need different names. Where there is no IndexedDB, nothing is kept and nobody hears of it.
 */
export function offlineStore(name = 'openqoe'): OfflineStore {
  // Objects that are kept, and sessions of this client: what it has itself it need not restore.
  let kept = new WeakSet<Entry>();
  let own = new Set<string>();
  let opened: Promise<IDBDatabase> | undefined;
  // What was handed over and has not arrived; then the turn is over.
  let awaited = new Set<Entry>();
  let endTurn = () => {};
  let stop = () => {};
  let onRestored: Parameters<OfflineStore['open']>[0] = () => {};

  function database(): Promise<IDBDatabase> {
    opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onupgradeneeded = () => request.result.createObjectStore(EVENTS);
      request.onerror = reject;
      request.onsuccess = () => {
        // Another tab lost its viewer's consent.
        request.result.onversionchange = close;
        resolve(request.result);
      };
    });
    return opened;
  }

  function close(): void {
    opened?.then((db) => db.close()).catch(() => {});
    opened = undefined;
  }

  function change(
    action: (events: IDBObjectStore, transaction: IDBTransaction) => void,
    onFailure = () => {},
  ): void {
    database()
      .then((db) => {
        const transaction = db.transaction(EVENTS, 'readwrite');
        action(transaction.objectStore(EVENTS), transaction);
      })
      // Forbidden, full or closed: then nothing is kept.
      .catch(onFailure);
  }

  function restore(done: () => void): void {
    endTurn = done;
    change((events) => {
      const outdated = IDBKeyRange.upperBound([Date.now() - MAX_AGE_MS]);
      const lost = events.count(outdated);
      events.delete(outdated);
      const left = events.getAll();
      left.onsuccess = () => {
        const entries = (left.result as Entry[]).filter(({ session }) => !own.has(session));
        for (const entry of entries) kept.add(entry);
        awaited = new Set(entries);
        onRestored(entries, lost.result);
        if (!entries.length) done();
      };
    }, done);
  }

  /** Forgets the oldest of too many. */
  function trim(): void {
    change((events) => {
      const count = events.count();
      count.onsuccess = () => {
        const surplus = count.result - MAX_EVENTS;
        if (surplus <= 0) return;
        const oldest = events.getAllKeys(null, surplus);
        oldest.onsuccess = () => {
          events.delete(IDBKeyRange.upperBound(oldest.result[surplus - 1]));
          onRestored([], surplus);
        };
      };
    });
  }

  return {
    open(onEntries) {
      onRestored = onEntries;
      stop = takeTurn(name, restore);
    },
    keep(entries) {
      const fresh = entries.filter((entry) => !kept.has(entry));
      if (!fresh.length) return;
      for (const entry of fresh) {
        kept.add(entry);
        own.add(entry.session);
      }
      change((events, transaction) => {
        for (const entry of fresh) events.put(entry, keyOf(entry));
        // The page may be gone before it could hear of success.
        transaction.commit?.();
      });
      trim();
    },
    forget(entries) {
      const gone = entries.filter((entry) => kept.delete(entry));
      if (!gone.length) return;
      for (const entry of gone) awaited.delete(entry);
      change((events, transaction) => {
        for (const entry of gone) events.delete(keyOf(entry));
        transaction.oncomplete = () => {
          if (!awaited.size) endTurn();
        };
      });
    },
    clear() {
      stop();
      close();
      kept = new WeakSet();
      own = new Set();
      // What is being read is nobody's.
      onRestored = () => {};
      globalThis.indexedDB?.deleteDatabase(name);
    },
  };
}

/** In the order in which they are sent: the oldest session first. */
function keyOf({ startedAt, session, event }: Entry): IDBValidKey {
  return [startedAt, session, JSON.parse(event).seq];
}
