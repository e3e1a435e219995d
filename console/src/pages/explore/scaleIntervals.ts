// Intervals of differences of many KPIs on one axis: each relative to its control, zero in the middle. What reaches beyond the
// axis is cut, visibly.

import type { Comparison } from '../../api/generated.ts';

export interface Interval {
  /** Relative to A: 0.1 is 10 % more. */
  low: number;
  middle: number;
  high: number;
}

/** Nothing where the control is 0 or has no value: there is nothing to be relative to. */
export function relativeInterval({ a, difference, low, high }: Comparison): Interval | undefined {
  const control = Math.abs(a.value ?? 0);
  if (control === 0 || difference === null || low === null || high === null) return undefined;
  return { low: low / control, middle: difference / control, high: high / control };
}

const EDGES = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2];

/** The end of the axis: the first round one that holds three of four intervals, at most twice the control. Wider ones are of few sessions. */
export function axisEdge(intervals: readonly Interval[]): number {
  const reaches = intervals
    .map(({ low, high }) => Math.max(Math.abs(low), Math.abs(high)))
    .sort((a, b) => a - b);
  const needed = reaches[Math.ceil(reaches.length * 0.75) - 1] ?? 0;
  return EDGES.find((edge) => edge >= needed) ?? 2;
}

/** 0 at the left end of the axis, 1 at the right. */
export function placeOnAxis(value: number, edge: number): number {
  return Math.min(Math.max((value / edge + 1) / 2, 0), 1);
}
