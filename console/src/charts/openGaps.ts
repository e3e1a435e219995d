// Steps that are missing are times of which nothing is known: a line must not cross them.

export type Column = readonly (number | null)[];

/** Puts a step without values after each step that is followed too late. Times and `stepSeconds` in seconds. */
export function openGaps(
  at: readonly number[],
  columns: readonly Column[],
  stepSeconds: number,
): { at: number[]; columns: (number | null)[][] } {
  const times: number[] = [];
  const opened: (number | null)[][] = columns.map(() => []);
  at.forEach((time, index) => {
    const before = at[index - 1];
    if (before !== undefined && time - before > stepSeconds * 1.5) {
      times.push(before + stepSeconds);
      for (const column of opened) column.push(null);
    }
    times.push(time);
    opened.forEach((column, which) => {
      column.push(columns[which]?.[index] ?? null);
    });
  });
  return { at: times, columns: opened };
}
