// Carries queued events to the gateway: one request at a time, every event kept until it is acknowledged, and repeated
// as it was. The gateway recognises repeats by (session, seq), so repeating is always safe and losing never is.

import type { Entry, Queue } from './queue.js';
import { retryDelay } from './retry.js';
import type { Hints } from './sampler.js';
import { encodeBatch } from './wire.js';

export interface Transport {
  /** Sends what waits, unless a request is under way or a retry is due later. */
  flush(): void;
  /** Hands everything that waits to the browser to deliver after the page is gone. */
  beacon(): void;
}

export interface TransportOptions {
  endpoint: string;
  queue: Queue;
  warn: (message: string) => void;
  /** Takes what the gateway asks for. */
  heed?: (hints: Hints | undefined) => void;
  fetch?: typeof fetch;
}

/** Beacons and keepalive requests share 64 KiB; a character takes three bytes of UTF-8 at most. */
const SMALL_CHARS = 15_000;
const LARGE_CHARS = 100_000;
const TIMEOUT_MS = 30_000;

export function createTransport({ endpoint, queue, warn, heed, fetch: custom }: TransportOptions): Transport {
  let busy = false;
  let failures = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;

  async function post(body: string): Promise<Response> {
    const abort = new AbortController();
    const timeout = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      return await (custom ?? fetch)(endpoint, {
        method: 'POST',
        body,
        // A type that needs no CORS preflight, as for beacons.
        headers: { 'Content-Type': 'text/plain' },
        credentials: 'omit',
        keepalive: body.length < SMALL_CHARS && globalThis.document?.visibilityState === 'hidden',
        signal: abort.signal,
      });
    } finally {
      clearTimeout(timeout);
    }
  }

  async function tellDefects(response: Response): Promise<void> {
    const answer = await response.json().catch(() => ({}));
    heed?.(answer.hints);
    if (!response.ok) warn(`batch refused (${response.status}): ${answer.message ?? answer.error ?? ''}`);
    for (const defect of answer.rejected ?? [])
      warn(`event rejected: ${defect.reason} ${defect.message ?? ''}`);
    for (const warning of answer.warnings ?? []) warn(JSON.stringify(warning));
  }

  async function send(entries: [Entry, ...Entry[]]): Promise<boolean> {
    const response = await post(encodeBatch(entries)).catch(() => undefined);
    const status = response?.status ?? 0;
    if (response && status < 500 && status !== 429 && status !== 408) {
      failures = 0;
      queue.remove(entries);
      // Not awaited: an answer whose body never ends must not hold up the queue.
      tellDefects(response).catch(() => {});
      return true;
    }
    failures += 1;
    const delay = retryDelay(failures, response?.headers.get('Retry-After'));
    retry = setTimeout(() => {
      retry = undefined;
      flush();
    }, delay);
    return false;
  }

  async function drain(): Promise<void> {
    busy = true;
    for (;;) {
      const [first, ...rest] = queue.batch(0, LARGE_CHARS);
      if (!first || !(await send([first, ...rest]))) break;
    }
    busy = false;
  }

  function flush(): void {
    if (!busy && retry === undefined) void drain();
  }

  return {
    flush,
    beacon() {
      for (let at = 0; ; ) {
        const [first, ...rest] = queue.batch(at, SMALL_CHARS);
        if (!first) break;
        const body = new Blob([encodeBatch([first, ...rest])], { type: 'text/plain' });
        if (!navigator.sendBeacon?.(endpoint, body)) break;
        at += 1 + rest.length;
      }
    },
  };
}
