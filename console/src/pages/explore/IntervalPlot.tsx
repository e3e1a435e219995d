// A difference as a point in its confidence interval, on an axis with zero in the middle. The shape of the point says what the
// colour says.

import type { Verdict } from './judgeComparison.ts';
import { type Interval, placeOnAxis } from './scaleIntervals.ts';

interface Props {
  interval: Interval | undefined;
  /** Said where there is none. */
  why: string;
  edge: number;
  verdict: Verdict;
}

export function IntervalPlot({ interval, why, edge, verdict }: Props) {
  if (!interval) return <span class="muted">{why}</span>;
  const at = (value: number) => placeOnAxis(value, edge) * 100;
  const [low, middle, high] = [at(interval.low), at(interval.middle), at(interval.high)];
  const isCutLeft = interval.low < -edge;
  const isCutRight = interval.high > edge;
  return (
    <span class={`interval is-${verdict}`} aria-hidden="true">
      <i class="interval-zero" />
      <i
        class={`interval-line ${isCutLeft ? 'is-cut-left' : ''} ${isCutRight ? 'is-cut-right' : ''}`}
        style={{ left: `${low}%`, width: `${high - low}%` }}
      />
      <i class="interval-point" style={{ left: `${middle}%` }} />
    </span>
  );
}
