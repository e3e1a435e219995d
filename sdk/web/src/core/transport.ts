// Carries queued events to the gateway: one request at a time, every event kept until it is acknowledged, and repeated
// as it was. The gateway recognises repeats by (session, seq), so repeating is always safe and losing never is.

import { compress } from './compress.js';
import type { Options } from './options.js';
import { pageHidden } from './page.js';
import { type Entry, takeBatch } from './queue.js';
import { retryDelay } from './retry.js';
import { encodeBatch } from './wire.js';

export interface Transport {
  /** Failures since something was last acknowledged. */
  _failures: number;
  /** Sends what waits, unless a request is under way or a retry is due later. */
  _flush(): void;
  /** Hands everything that waits to the browser to deliver after the page is gone. */
  _beacon(): void;
  /** Forgets everything; nothing is sent any more. */
  _stop(): void;
}

/** What an answer of the gateway says. */
export interface Answer {
  error?: string;
  message?: string;
  hints?: { download_weight?: number };
  rejected?: unknown[];
  warnings?: unknown[];
}

/** Beacons and keepalive requests share 64 KiB; a character takes three bytes of UTF-8 at most. */
const SMALL_CHARS = 15_000;
const LARGE_CHARS = 100_000;
const TIMEOUT_MS = 30_000;
/** For so long after its last answer the gateway is trusted to have the attributes of a session. */
const REMEMBERED_MS = 60_000;

export function createTransport(
  { endpoint, key, offline, fetch: custom }: Options,
  queue: Entry[],
  onAnswer: (status: number, answer: Answer) => void,
  /** The gateway wants nothing more from this client, ever. */
  onGone: () => void,
): Transport {
  // In the URL: beacons cannot set headers, and without one `fetch` needs no CORS preflight either.
  const url = key ? `${endpoint}${endpoint.includes('?') ? '&' : '?'}key=${key}` : endpoint;
  // A request is under way or a retry is due later.
  let busy = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let abort: AbortController | undefined;
  // The session and attributes of the last batch that was taken, and until when they need no repeating.
  let told = '';
  let toldUntil = 0;

  async function drain(): Promise<void> {
    for (;;) {
      const hidden = pageHidden();
      const entries = takeBatch(queue, 0, hidden ? SMALL_CHARS : LARGE_CHARS);
      const [first] = entries;
      if (!first) break;
      const { text } = first.attributes;
      const known = told === first.session + text && Date.now() <= toldUntil;
      abort = new AbortController();
      const timeout = setTimeout(() => abort?.abort(), TIMEOUT_MS);
      const body = encodeBatch(entries, known ? '' : text);
      let response: Response | undefined;
      try {
        response = await (custom ?? fetch)(url, {
          method: 'POST',
          // There is no time to compress when the page may go, and nothing to watch in what is compressed.
          body: custom || hidden ? body : await compress(body),
          // A type that needs no CORS preflight, as for beacons.
          headers: { 'Content-Type': 'text/plain' },
          credentials: 'omit',
          keepalive: hidden,
          signal: abort.signal,
        });
      } catch {
        // No answer: tried again.
      }
      clearTimeout(timeout);
      // Stopped meanwhile.
      if (!queue[0]) break;
      const status = response?.status ?? 0;
      if (status === 410) return onGone();
      if (!response || /408|429|5../.test(`${status}`)) {
        transport._failures += 1;
        offline?.keep(queue);
        const delay = retryDelay(transport._failures, response?.headers.get('Retry-After'));
        retry = setTimeout(drain, delay);
        return;
      }
      if (response.ok) {
        told = first.session + text;
        toldUntil = Date.now() + REMEMBERED_MS;
      }
      transport._failures = 0;
      offline?.forget(entries);
      queue.splice(0, queue.length, ...queue.filter((entry) => !entries.includes(entry)));
      // Not awaited: an answer whose body never ends must not hold up the queue.
      response
        .json()
        .catch(() => ({}))
        .then((answer) => onAnswer(status, answer));
    }
    busy = false;
  }

  const transport: Transport = {
    _failures: 0,
    _flush() {
      if (!busy) {
        busy = true;
        drain();
      }
    },
    _beacon() {
      let at = 0;
      for (;;) {
        const entries = takeBatch(queue, at, SMALL_CHARS);
        const [first] = entries;
        // A string is `text/plain`.
        if (!first || !navigator.sendBeacon(url, encodeBatch(entries, first.attributes.text))) break;
        at += entries.length;
      }
      // Nobody will say whether a beacon arrived; where that can be doubted, the next page sends it again.
      if (transport._failures || !navigator.onLine || queue[at]) offline?.keep(queue);
    },
    _stop() {
      queue.length = 0;
      clearTimeout(retry);
      abort?.abort();
    },
  };
  return transport;
}
