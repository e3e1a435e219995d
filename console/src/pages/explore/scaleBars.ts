// The common scale of the bars of a breakdown. Whiskers of values with few sessions would flatten all others: beyond half as
// much again as the longest bar they are cut, visibly.

import type { Estimate } from '../../api/generated.ts';

export interface BarScale {
  max: number;
}

export interface BarShape {
  /** Shares of the width, 0 to 1. */
  value: number;
  low: number;
  high: number;
  isCut: boolean;
}

export function scaleBars(estimates: readonly Estimate[]): BarScale {
  const longest = Math.max(0, ...estimates.map(({ value }) => value ?? 0));
  const widest = Math.max(0, ...estimates.map(({ high }) => high ?? 0));
  const max = longest > 0 ? Math.min(Math.max(widest, longest), longest * 1.5) : widest;
  return { max: max > 0 ? max : 1 };
}

/** Nothing where there is no value. */
export function shapeBar({ value, low, high }: Estimate, { max }: BarScale): BarShape | undefined {
  if (value === null) return undefined;
  const share = (number: number) => Math.min(Math.max(number / max, 0), 1);
  return {
    value: share(value),
    low: share(low ?? value),
    high: share(high ?? value),
    isCut: (high ?? value) > max,
  };
}
