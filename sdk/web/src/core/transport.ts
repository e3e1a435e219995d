// Carries queued events to the gateway: one request at a time, every event kept until it is acknowledged, and repeated
// as it was. The gateway recognises repeats by (session, seq), so repeating is always safe and losing never is.

import { compress } from './compress.js';
import type { OfflineStore } from './offline-store.js';
import { pageHidden } from './page.js';
import type { Entry, Queue } from './queue.js';
import { retryDelay } from './retry.js';
import type { Hints } from './sampler.js';
import { encodeBatch } from './wire.js';

export interface Transport {
  /** Sends what waits, unless a request is under way or a retry is due later. */
  _flush(): void;
  /** Hands everything that waits to the browser to deliver after the page is gone. */
  _beacon(): void;
  /** Forgets everything; nothing is sent any more. */
  _stop(): void;
  /** Failures since something was last acknowledged. */
  _failures: number;
}

export interface TransportOptions {
  _endpoint: string;
  _queue: Queue;
  _warn: (message: string) => void;
  /** Takes what the gateway asks for. */
  _heed: (hints: Hints | undefined) => void;
  /** The gateway wants nothing more from this client, ever. */
  _onGone: () => void;
  _store: OfflineStore | undefined;
  _fetch: typeof fetch | undefined;
}

/** Beacons and keepalive requests share 64 KiB; a character takes three bytes of UTF-8 at most. */
const SMALL_CHARS = 15_000;
const LARGE_CHARS = 100_000;
const TIMEOUT_MS = 30_000;
/** For so long after its last answer the gateway is trusted to have the attributes of a session. */
const REMEMBERED_MS = 60_000;

export function createTransport(options: TransportOptions): Transport {
  const { _endpoint: endpoint, _queue: queue, _warn: warn, _store: store, _fetch: custom } = options;
  let busy = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let abort: AbortController | undefined;
  // The session and attributes of the last batch that was taken, and until when they need no repeating.
  let told = '';
  let toldUntil = 0;

  async function post(entries: Entry[]): Promise<Response> {
    const { session, attributes } = entries[0] as Entry;
    const { text } = attributes;
    const known = told === session + text && Date.now() <= toldUntil;
    const body = encodeBatch(entries, known ? '' : text);
    const keepalive = pageHidden();
    const { signal } = (abort = new AbortController());
    const timeout = setTimeout(() => abort?.abort(), TIMEOUT_MS);
    try {
      const response = await (custom ?? fetch)(endpoint, {
        method: 'POST',
        // There is no time to compress when the page may go, and nothing to watch in what is compressed.
        body: custom || keepalive ? body : await compress(body),
        // A type that needs no CORS preflight, as for beacons.
        headers: { 'Content-Type': 'text/plain' },
        credentials: 'omit',
        keepalive,
        signal,
      });
      if (response.ok) {
        told = session + text;
        toldUntil = Date.now() + REMEMBERED_MS;
      }
      return response;
    } finally {
      clearTimeout(timeout);
    }
  }

  async function tellDefects(response: Response): Promise<void> {
    const answer = await response.json().catch(() => ({}));
    options._heed(answer.hints);
    if (!response.ok) warn(`batch refused (${response.status}): ${answer.message ?? answer.error ?? ''}`);
    for (const defect of answer.rejected ?? [])
      warn(`event rejected: ${defect.reason} ${defect.message ?? ''}`);
    for (const warning of answer.warnings ?? []) warn(JSON.stringify(warning));
  }

  /** Whether to go on with the next batch. */
  function settle(entries: Entry[], response: Response | undefined): boolean {
    const status = response?.status ?? 0;
    if (status === 410) {
      options._onGone();
      return false;
    }
    if (!response || status >= 500 || status === 429 || status === 408) {
      transport._failures += 1;
      store?.keep(queue._entries);
      retry = setTimeout(() => {
        retry = undefined;
        transport._flush();
      }, retryDelay(transport._failures, response?.headers.get('Retry-After')));
      return false;
    }
    transport._failures = 0;
    queue._remove(entries);
    store?.forget(entries);
    // Not awaited: an answer whose body never ends must not hold up the queue.
    tellDefects(response).catch(() => {});
    return true;
  }

  async function drain(): Promise<void> {
    busy = true;
    for (;;) {
      const entries = queue._batch(0, pageHidden() ? SMALL_CHARS : LARGE_CHARS);
      if (!entries.length) break;
      const response = await post(entries).catch(() => undefined);
      // Stopped meanwhile.
      if (!busy) return;
      if (!settle(entries, response)) break;
    }
    busy = false;
  }

  const transport: Transport = {
    _failures: 0,
    _flush() {
      if (!busy && retry === undefined) void drain();
    },
    _beacon() {
      let at = 0;
      for (;;) {
        const entries = queue._batch(at, SMALL_CHARS);
        const text = entries[0]?.attributes.text;
        if (!text) break;
        const body = new Blob([encodeBatch(entries, text)], { type: 'text/plain' });
        if (!navigator.sendBeacon?.(endpoint, body)) break;
        at += entries.length;
      }
      // Nobody will say whether a beacon arrived; where it can be doubted, the next page sends it again.
      if (transport._failures || navigator.onLine === false || at < queue._entries.length) store?.keep(queue._entries);
    },
    _stop() {
      queue._entries = [];
      busy = false;
      clearTimeout(retry);
      abort?.abort();
    },
  };
  return transport;
}
