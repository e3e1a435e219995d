// What the host page may set. Wrong options are the one thing the SDK throws for: they are found on the first run.

import type { Adapter } from './adapter.js';
import type { Attributes } from './generated.js';

export interface Options {
  /** Where batches go, used as it is: `https://collector.example.com/v1/ingest`. */
  endpoint: string;
  /** The tenant's ingest key (`oqi_...`), where the gateway has tenants. No secret: whoever has the page has it. */
  key?: string;
  /** The content the viewer means to watch. */
  assetId?: string;
  isLive?: boolean;
  /** The adapters `attach` chooses from, in this order. */
  adapters?: readonly Adapter[];
  /** Further session attributes, such as `cdn` or `experiment_id`. */
  attributes?: Attributes;
  /** Milliseconds between heartbeats. Default 10 000. */
  heartbeatMs?: number;
  /** Called when events are refused, lost or cannot be sent. Default: the first one goes to `console.warn`. */
  onWarning?: (message: string) => void;
  /** Stands in for the global `fetch`, to add a header or to watch what is sent. Beacons do not pass through it. */
  fetch?: typeof fetch;
}

export function checkOptions(options: Options): Options {
  if (!options || typeof options.endpoint !== 'string' || !options.endpoint) {
    throw new TypeError("OpenQoe: pass { endpoint: 'https://<gateway>/v1/ingest' }");
  }
  if (/^oq[rs]_/.test(options.key ?? '')) {
    throw new TypeError('OpenQoE: this key is a secret, revoke it; a page uses an ingest key (oqi_...)');
  }
  const beat = options.heartbeatMs;
  if (beat !== undefined && !(beat >= 1_000)) {
    throw new TypeError(`OpenQoe: heartbeatMs is ${beat}; it must be 1000 or more`);
  }
  return options;
}
