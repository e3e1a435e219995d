// The range of time a page looks at: a stretch up to now, or two moments. It stands in the URL.

export interface Range {
  /** `1h`; `undefined` where two moments were given. */
  name: string | undefined;
  /** Epoch ms. */
  from: number;
  /** Epoch ms; `undefined` is now. */
  to: number | undefined;
}

const MINUTE = 60_000;

/** What can be chosen, and how it is called. */
export const RANGES: readonly [name: string, title: string, lengthMs: number][] = [
  ['15m', '15 min', 15 * MINUTE],
  ['1h', '1 hour', 60 * MINUTE],
  ['6h', '6 hours', 360 * MINUTE],
  ['24h', '24 hours', 1440 * MINUTE],
  ['7d', '7 days', 10_080 * MINUTE],
];
export const DEFAULT_RANGE = '1h';

/** "Up to now" moves in steps, so that the same question is not asked anew every second. */
const STEP_MS = 15_000;

export function readRange(query: URLSearchParams, now: number): Range {
  const [from, to] = [Number(query.get('from')), Number(query.get('to'))];
  if (from > 0 && to > from) return { name: undefined, from, to };
  const asked = query.get('range') ?? DEFAULT_RANGE;
  const [name, , lengthMs] = RANGES.find(([name]) => name === asked) ?? ['1h', '', 60 * MINUTE];
  return { name, from: Math.floor((now - lengthMs) / STEP_MS) * STEP_MS, to: undefined };
}

/** As parameters of a link, so that the next page looks at the same time. */
export function rangeParameters({ name, from, to }: Range): { range?: string; from?: number; to?: number } {
  if (name === undefined) return { from, to };
  return name === DEFAULT_RANGE ? {} : { range: name };
}
