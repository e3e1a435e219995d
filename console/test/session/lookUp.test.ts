// Binary searches against the plain scan they stand for.
import { expect, it } from 'vitest';
import { bandAt, countUntil, nearestTo, valueAt } from '../../src/pages/session/lookUp.ts';
import type { Band, Point } from '../../src/pages/session/timeline.ts';

const POINTS: Point[] = [
  [0, 5],
  [10, 7],
  [10, 8],
  [40, 1],
];
const BANDS: Band[] = [
  { phase: 'startup', from: 0, to: 12 },
  { phase: 'playing', from: 12, to: 30 },
];

it('counts like a scan', () => {
  for (let t = -1; t < 45; t += 1) {
    expect(countUntil(POINTS, t, ([at]) => at)).toBe(POINTS.filter(([at]) => at <= t).length);
  }
});

it('gives the last value told', () => {
  expect(valueAt(POINTS, -1)).toBeUndefined();
  expect(valueAt(POINTS, 10)).toBe(8);
  expect(valueAt(POINTS, 39)).toBe(8);
  expect(valueAt(POINTS, 39, 20)).toBeUndefined();
});

it('knows the band of a moment', () => {
  expect(bandAt(BANDS, 11)?.phase).toBe('startup');
  expect(bandAt(BANDS, 12)?.phase).toBe('playing');
  expect(bandAt(BANDS, 30)).toBeUndefined();
});

it('finds what is nearest', () => {
  const time = ([at]: Point) => at;
  expect(nearestTo(POINTS, 27, 20, time)).toEqual([40, 1]);
  expect(nearestTo(POINTS, 27, 5, time)).toBeUndefined();
});
