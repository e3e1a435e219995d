// Stacked areas: each line stands on the ones before it.
import type { Column } from './openGaps.ts';

/** Sums each column with those before it. A step without any value stays without one; a single missing one adds nothing. */
export function stackColumns(columns: readonly Column[]): (number | null)[][] {
  const length = columns[0]?.length ?? 0;
  const sums: number[] = Array(length).fill(0);
  const isKnown = (index: number) => columns.some((column) => column[index] != null);
  return columns.map((column) =>
    Array.from({ length }, (_, index) => {
      sums[index] = (sums[index] ?? 0) + (column[index] ?? 0);
      return isKnown(index) ? (sums[index] ?? 0) : null;
    }),
  );
}
