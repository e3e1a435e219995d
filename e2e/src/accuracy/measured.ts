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
  player_version: string;
}

/** A session as the API shows it (spec/api/openapi.yaml). */
interface Session {
  is_live: boolean;
  attributes: Record<string, string>;
  figures: Record<string, string | number>;
}

/** Rows are written in groups. */
const ARCHIVED_MS = 1_500;

export interface SentEvent {
  seq: number;
  t: number;
  kind: string | Record<string, Record<string, unknown>>;
}

/** The row of a session of which the end has come. A view that failed before has one already; so it is read a moment later. */
export async function rowOf(gateway: Gateway, session: string): Promise<Row> {
  const ended = ({ kind }: SentEvent) => typeof kind === 'object' && !!kind.session_end;
  const over = async () => ((await eventsOf(gateway, session)).some(ended) ? true : undefined);
  await until(`the end of session ${session}`, over, 90_000);
  await new Promise((resolve) => setTimeout(resolve, ARCHIVED_MS));
  return until(`the row of session ${session}`, () => endedRow(gateway, session));
}

/** The row of a session that nobody ends: it is over when it has been silent for long enough. */
export async function silentRowOf(gateway: Gateway, session: string): Promise<Row> {
  await until(`the end of ${session} by silence`, () => endedRow(gateway, session), 90_000);
  // A view that ended before, and went on, has a row already.
  await new Promise((resolve) => setTimeout(resolve, ARCHIVED_MS));
  return until(`the row of ${session}`, () => endedRow(gateway, session));
}

async function endedRow(gateway: Gateway, session: string): Promise<Row | undefined> {
  const response = await fetch(`${gateway.internalUrl}/api/v1/tenants/default/sessions/${session}`);
  if (!response.ok) return undefined;
  const { is_live, attributes, figures } = (await response.json()) as Session;
  return is_live ? undefined : ({ ...attributes, ...figures } as unknown as Row);
}

/** What was sent of a session, in order. */
export async function eventsOf(gateway: Gateway, session: string): Promise<SentEvent[]> {
  const response = await fetch(`${gateway.internalUrl}/api/v1/tenants/default/sessions/${session}/events`);
  if (!response.ok) return [];
  const batches = (await response.json()) as { events: SentEvent[] }[];
  return batches.flatMap(({ events }) => events).sort((a, b) => a.seq - b.seq);
}
