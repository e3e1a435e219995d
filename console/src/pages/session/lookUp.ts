// What held at a moment: binary searches over the ascending lists of a timeline.

import type { Band, Point } from './timeline.ts';

/** How many items of an ascending list begin at or before `t`. */
export function countUntil<T>(items: readonly T[], t: number, time: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time(items[middle] as T) <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last value told at or before `t`, unless it is older than `holdsMs`. */
export function valueAt(
  points: readonly Point[],
  t: number,
  holdsMs = Number.POSITIVE_INFINITY,
): number | undefined {
  const last = points[countUntil(points, t, ([at]) => at) - 1];
  return last && t - last[0] <= holdsMs ? last[1] : undefined;
}

/** The band a moment falls into. */
export function bandAt(bands: readonly Band[], t: number): Band | undefined {
  const band = bands[countUntil(bands, t, ({ from }) => from) - 1];
  return band && t < band.to ? band : undefined;
}

/** The item nearest to `t`, at most `withinMs` away. */
export function nearestTo<T>(
  items: readonly T[],
  t: number,
  withinMs: number,
  time: (item: T) => number,
): T | undefined {
  const after = countUntil(items, t, time);
  const candidates = [items[after - 1], items[after]].filter((item) => item !== undefined);
  const away = (item: T) => Math.abs(time(item) - t);
  const [nearest] = candidates.sort((a, b) => away(a) - away(b));
  return nearest !== undefined && away(nearest) <= withinMs ? nearest : undefined;
}
