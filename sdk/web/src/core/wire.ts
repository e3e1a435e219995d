// The body of `POST /v1/ingest` (docs/guide/native-ingest.md). Events and attributes are JSON text already.

import { SPEC_VERSION } from './generated.js';
import type { Entry } from './queue.js';

/** Without `attributes` the gateway goes by those it has of the session. */
export function encodeBatch(entries: readonly Entry[], attributes?: string): string {
  const { session, startedAt } = entries[0] as Entry;
  const head = JSON.stringify({
    spec_version: SPEC_VERSION,
    sent_at: Date.now(),
    session: { session_id: session, started_at: startedAt },
  }).slice(0, -2);
  const known = attributes ? `,"attributes":${attributes}` : '';
  return `${head}${known}},"events":[${entries.map((entry) => entry.event)}]}`;
}
