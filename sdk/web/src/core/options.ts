// What the host page may set. Wrong options are the one thing the SDK throws for: they are found on the first run.

import type { Adapter } from './adapter.js';
import type { Attributes } from './generated.js';
import type { OfflineStore } from './offline-store.js';

export type Consent = 'granted' | 'denied';

export interface Options {
  /** Where batches go, used as it is: `https://collector.example.com/v1/ingest`. */
  endpoint: string;
  /** The tenant's ingest key (`oqi_...`), where the gateway has tenants. No secret: whoever has the page has it. */
  key?: string;
  /** The content the viewer means to watch. */
  assetId?: string;
  isLive?: boolean;
  /** Who watches, in your words. Never sent: a SHA-256 of it and of the endpoint's origin is, on secure pages. */
  viewerId?: string;
  /** The experiment this viewer takes part in, and the variant that was drawn. */
  experiment?: { id: string; variant: string };
  /** The adapters `attach` chooses from, in this order. */
  adapters?: readonly Adapter[];
  /** Further session attributes, such as `cdn`. */
  attributes?: Attributes;
  /** Whether the viewer agrees to be measured. Default `granted`; anything else keeps silent until `setConsent`. */
  consent?: Consent;
  /**
   * What an objection of the browser (Global Privacy Control) changes: `anonymise` (default) sends no viewer id, `discard`
   * sends nothing at all, `ignore` changes nothing.
   */
  gpc?: 'anonymise' | 'discard' | 'ignore';
  /** Keeps what could not be sent for the next page: `offlineStore()` of `@openqoe/sdk/offline`. */
  offline?: OfflineStore;
  /**
   * In steady playback one of so many downloads is sent, and stands for the others. Default 8; 1 sends each, unless the
   * gateway asks for fewer.
   */
  downloadWeight?: number;
  /** Milliseconds between heartbeats. Default 10 000. */
  heartbeatMs?: number;
  /** Called when events are refused, lost or cannot be sent. Default: the first one goes to `console.warn`. */
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
