// A chart in words, for who cannot see it.
import { formatFigure, type Unit } from '../figures/formatFigure.ts';
import { formatMoment } from '../figures/formatTime.ts';
import type { Band, ChartData, Line } from './Line.ts';

/** `Startup time p95: now 3.1 s, between 0.8 s at 14:02:05 and 6.2 s at 14:31:10.` for each line. */
export function describeChart(
  title: string,
  { at, lines, unit }: ChartData,
  bands: readonly Band[] = [],
): string {
  const said = lines.map((line) => {
    let [lowest, highest, last] = [-1, -1, -1];
    line.values.forEach((value, index) => {
      if (value === null) return;
      last = index;
      if (lowest < 0 || value < (line.values[lowest] ?? 0)) lowest = index;
      if (highest < 0 || value > (line.values[highest] ?? 0)) highest = index;
    });
    if (last < 0) return `${line.title}: no values.`;
    const value = (index: number) => formatFigure(line.values[index], unit);
    const place = (index: number) => `${value(index)} at ${formatMoment((at[index] ?? 0) * 1000)}`;
    return `${line.title}: last ${value(last)}, between ${place(lowest)} and ${place(highest)}.`;
  });
  const marked = bands.map((band) => `${band.title}.`);
  return [`${title}.`, ...said, ...marked].join(' ');
}

/** What stands under the cursor: `14:31:10: Startup time p95 6.2 s`. Epoch seconds. */
export function describeMoment(
  time: number | undefined,
  lines: readonly Line[],
  values: readonly (number | null | undefined)[],
  unit: Unit,
): string {
  if (time === undefined) return 'no values';
  const said = lines.map((line, index) => `${line.title} ${formatFigure(values[index], unit)}`);
  return `${formatMoment(time * 1000)}: ${said.join(', ')}`;
}
