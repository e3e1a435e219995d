// What the gateway says of a session: its row in the archive of ended sessions (docs/guide/native-ingest.md), and of its events
// what no row holds.

import type { Gateway } from '../gateway.ts';
import { until } from '../until.ts';

/** Of the row, what is compared; times in ms. */
export interface Row {
  startup_ms: number | null;
  startup_wait_ms: number;
  playing_ms: number;
  stalled_ms: number;
  seeking_ms: number;
  paused_ms: number;
  rebuffers: number;
  seeks: number;
  switches_up: number;
  switches_down: number;
  exit_before_start: number;
  error_code: string | null;
  view_end: string;
  /** When its last batch came, epoch ms. */
  heard_at: number;
  player_version: string;
}

export interface SentEvent {
  seq: number;
  t: number;
  kind: string | Record<string, Record<string, unknown>>;
}

/** The row of a session that has ended, with its last event in it. */
export async function rowOf(gateway: Gateway, session: string): Promise<Row> {
  return until(
    `the end of session ${session}`,
    async () => {
      const batches = await batchesOf(gateway, session);
      const last = batches.find(({ events }) =>
        events.some(({ kind }) => typeof kind === 'object' && kind.session_end),
      );
      const response = await fetch(`${gateway.internalUrl}/api/v1/tenants/default/sessions/${session}`);
      if (!last || !response.ok) return undefined;
      const row = (await response.json()) as Row;
      return row.heard_at >= last.received_at ? row : undefined;
    },
    90_000,
  );
}

/** What was sent of a session, in order. */
export async function eventsOf(gateway: Gateway, session: string): Promise<SentEvent[]> {
  const batches = await batchesOf(gateway, session);
  return batches.flatMap(({ events }) => events).sort((a, b) => a.seq - b.seq);
}

interface StoredBatch {
  received_at: number;
  events: SentEvent[];
}

async function batchesOf(gateway: Gateway, session: string): Promise<StoredBatch[]> {
  const response = await fetch(`${gateway.internalUrl}/api/v1/tenants/default/sessions/${session}/events`);
  return response.ok ? ((await response.json()) as StoredBatch[]) : [];
}
