// The body of `POST /v1/ingest` (docs/guide/native-ingest.md). Events and attributes are JSON text already.

import { SPEC_VERSION } from './generated.js';
import type { Entry } from './queue.js';

export function encodeBatch(entries: readonly [Entry, ...Entry[]]): string {
  const { session, attributes } = entries[0];
  const head = JSON.stringify({
    spec_version: SPEC_VERSION,
    sent_at: Date.now(),
    session: { session_id: session.id, started_at: session.startedAt },
  });
  const events = entries.map((entry) => entry.event).join();
  return `${head.slice(0, -2)},"attributes":${attributes.text}},"events":[${events}]}`;
}
