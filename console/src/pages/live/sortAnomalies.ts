// The order in which anomalies are told.
import type { Anomaly } from '../../api/generated.ts';

/** Going on before over, then the strongest. */
export function sortAnomalies(anomalies: readonly Anomaly[]): Anomaly[] {
  return [...anomalies].sort(
    (a, b) => Number(a.until !== null) - Number(b.until !== null) || b.score - a.score || b.since - a.since,
  );
}
