// The row of the raw events that a chosen moment means: many may share it, and then the one picked last does.

import { countUntil } from './lookUp.ts';
import type { EventRow } from './readEvents.ts';

/** -1 where no moment is chosen, or there are no rows. */
export function findRow(
  rows: readonly EventRow[],
  chosen: number | undefined,
  picked: EventRow | undefined,
): number {
  if (chosen === undefined) return -1;
  const at = picked?.t === chosen ? rows.findIndex(({ seq }) => seq === picked.seq) : -1;
  return at >= 0 ? at : nearestRow(rows, chosen);
}

/** The row whose time is nearest; of equal ones the first. -1 where there are none. */
function nearestRow(rows: readonly EventRow[], t: number): number {
  const after = countUntil(rows, t - 0.5, (row) => row.t);
  const [before, next] = [rows[after - 1], rows[after]];
  if (!before || !next) return before ? after - 1 : next ? 0 : -1;
  return t - before.t < next.t - t ? after - 1 : after;
}
