// What the host page may set. Wrong options are the one thing the SDK throws for: they are found on the first run.

import type { Adapter } from './adapter.js';
import type { Attributes } from './generated.js';
import type { OfflineStore } from './offline-store.js';

/** Whether the viewer agrees to be measured. */
export type Consent = 'granted' | 'denied';

/** What a client is made of. None of it can be changed afterwards, but by the calls of the client. */
export interface Options {
  /**
   * Where batches go, used as it is: `https://collector.example.com/v1/ingest`, or a path of the page's own origin that is passed
   * on to a gateway.
   */
  endpoint: string;
  /**
   * The tenant's ingest key (`oqi_...`), where the gateway has tenants. No secret: whoever has the page has it. It goes in the
   * URL of each request.
   */
  key?: string;
  /** The content the viewer means to watch, as attribute `asset_id`. */
  assetId?: string;
  /** Whether that content is live, as attribute `is_live`. */
  isLive?: boolean;
  /**
   * Who watches, in your words. Never sent: half a SHA-256 of it and of the endpoint's origin is, as `viewer_id_hash`, on secure
   * pages (https, localhost).
   */
  viewerId?: string;
  /** The experiment this viewer takes part in, and the variant that was drawn. */
  experiment?: { id: string; variant: string };
  /**
   * The adapters `attach` chooses from, in this order.
   *
   * @default `[]`
   */
  adapters?: readonly Adapter[];
  /** Further session attributes, such as `cdn`. */
  attributes?: Attributes;
  /**
   * Whether the viewer agrees to be measured. Anything but `'granted'` keeps silent until `setConsent`.
   *
   * @default `'granted'`
   */
  consent?: Consent;
  /**
   * What an objection of the browser (Global Privacy Control) changes: `'anonymise'` sends no viewer id, `'discard'` sends
   * nothing at all, `'ignore'` changes nothing.
   *
   * @default `'anonymise'`
   */
  gpc?: 'anonymise' | 'discard' | 'ignore';
  /** Keeps what could not be sent for the next page: `offlineStore()` of `@openqoe/sdk/offline`. Without it that is lost. */
  offline?: OfflineStore;
  /**
   * In steady playback one of so many downloads is sent, and stands for the others; 1 sends each. The gateway may ask for
   * fewer, up to one of 64.
   *
   * @default 8
   */
  downloadWeight?: number;
  /**
   * Milliseconds between heartbeats, 1 000 or more.
   *
   * @default 10 000
   */
  heartbeatMs?: number;
  /**
   * Told in words when events are refused or lost, or something of the page's own failed. No network is no warning: what
   * waits is sent later. What it throws is ignored.
   *
   * @default the first one goes to `console.warn`
   */
  onWarning?: (message: string) => void;
  /**
   * Stands in for the global `fetch`, to add a header or to watch what is sent: bodies are then not compressed. Beacons do
   * not pass through it.
   */
  fetch?: typeof fetch;
}

export function checkOptions({ endpoint, key, heartbeatMs = 1_000 }: Partial<Options> = {}): void {
  const wrong =
    (!endpoint && "pass { endpoint: 'https://<gateway>/v1/ingest' }") ||
    (/^oq[rs]_/.test(key as string) && 'this key is a secret, revoke it; pages use oqi_ keys') ||
    (!(heartbeatMs >= 1_000) && `heartbeatMs is ${heartbeatMs}, not 1000 or more`);
  if (wrong) throw new TypeError(`OpenQoe: ${wrong}`);
}
