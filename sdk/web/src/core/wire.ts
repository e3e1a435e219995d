// The body of `POST /v1/ingest` (docs/guide/native-ingest.md). Events and attributes are JSON text already.

import { SPEC_VERSION } from './generated.js';
import type { Entry } from './queue.js';

/** Without `attributes` the gateway goes by those it has of the session. */
export function encodeBatch(entries: readonly Entry[], attributes?: string): string {
  const { session, startedAt } = entries[0] as Entry;
  const known = attributes ? `,"attributes":${attributes}` : '';
  return `{"spec_version":"${SPEC_VERSION}","sent_at":${Date.now()},"session":{"session_id":"${session}","started_at":${startedAt}${known}},"events":[${entries.map(({ event }) => event)}]}`;
}
