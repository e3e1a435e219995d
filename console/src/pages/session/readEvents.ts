// The journal's batches as rows of the raw events table: each event once, in order, at its time in the session.

import { clockTime } from './timeAxis.ts';
import type { JournalledBatch } from './timeline.ts';

export interface EventRow {
  /** Ms since the session began, on the timeline's clock. */
  t: number;
  seq: number;
  type: string;
  /** As they were reported. */
  fields: unknown;
}

/** `t` of an event counts from its batch's `started_at`, which is when the session began by the reporter's clock. */
export function readEvents(batches: readonly JournalledBatch[]): EventRow[] {
  const bySeq = new Map<number, EventRow>();
  for (const { events } of batches) {
    for (const { seq, t, kind } of events) {
      if (bySeq.has(seq)) continue;
      const [type, fields] =
        typeof kind === 'string' ? [kind, {}] : (Object.entries(kind)[0] ?? ['unknown', {}]);
      bySeq.set(seq, { t, seq, type, fields });
    }
  }
  return [...bySeq.values()].sort((a, b) => a.t - b.t || a.seq - b.seq);
}

/** `name=value`, for the rows that are seen only. */
export function describeFields(fields: unknown): string {
  if (typeof fields !== 'object' || fields === null) return String(fields ?? '');
  return Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}

/** Rows in which every word occurs, in whatever column. */
export function filterEvents(rows: readonly EventRow[], text: string): EventRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...rows];
  return rows.filter(({ t, seq, type, fields }) => {
    const line = `${clockTime(t)} #${seq} ${type} ${describeFields(fields)}`.toLowerCase();
    return words.every((word) => line.includes(word));
  });
}
