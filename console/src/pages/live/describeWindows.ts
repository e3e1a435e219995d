// What is held against what: the last minutes against those before, if there are any yet.
import type { Worse } from '../../api/generated.ts';
import { formatDuration } from '../../figures/formatFigure.ts';

export type Windows = Pick<Worse, 'window_s' | 'baseline_s'>;

/** Whether there is something to hold the window against. */
export function hasBaseline({ baseline_s }: Windows): boolean {
  return baseline_s > 0;
}

/** `last 1 min against the 5 min before`. */
export function describeWindows(windows: Windows): string {
  const { window_s, baseline_s } = windows;
  if (!hasBaseline(windows)) return `the first ${formatDuration(window_s)} there are`;
  return `last ${formatDuration(window_s)} against the ${formatDuration(baseline_s)} before`;
}
