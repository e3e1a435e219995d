// The arithmetic and the words of Explore.
import { describe, expect, it } from 'vitest';
import type { Contributor, Estimate } from '../../src/api/generated.ts';
import { describeMove, describeShare, OTHER } from '../../src/pages/explore/describeChange.ts';
import { describeVerdict, judgeComparison } from '../../src/pages/explore/judgeComparison.ts';
import { nextAttribute } from '../../src/pages/explore/nextAttribute.ts';
import { scaleBars, shapeBar } from '../../src/pages/explore/scaleBars.ts';
import { axisEdge, placeOnAxis, relativeInterval } from '../../src/pages/explore/scaleIntervals.ts';

const estimate = (value: number | null, low = value, high = value): Estimate => ({
  value,
  low,
  high,
  sessions: 100,
  whole: 100,
});

const contributor = (share: number): Contributor => ({
  attribute: 'cdn',
  value: 'edge-b',
  now: 0.031,
  before: 0.004,
  share,
  mix: 0,
  weight: 0.3,
  excess: Math.min(share, 1) - 0.3,
  queries: {},
});

const comparison = (difference: number | null, low: number, high: number, isSignificant: boolean) => ({
  kpi: 'x',
  a: estimate(0.1),
  b: estimate(0.12),
  difference,
  low,
  high,
  relative: null,
  is_significant: isSignificant,
});

describe('what got worse', () => {
  it.each([
    [0.92, '92 % of it is cdn=edge-b'],
    [1, 'all of it is cdn=edge-b'],
    [1.3, 'all of it, and more, is cdn=edge-b: elsewhere it got better'],
  ])('names a contributor of share %d', (share, words) => {
    expect(describeShare(contributor(share))).toBe(words);
  });

  it('names values that are none', () => {
    expect(describeShare({ ...contributor(0.5), value: '' })).toBe('50 % of it is cdn=(not reported)');
    expect(describeShare({ ...contributor(0.5), value: OTHER })).toBe('50 % of it is cdn=(other values)');
  });

  it('says from what to what', () => {
    expect(describeMove({ before: 0.004, now: 0.031 }, 'ratio')).toBe('0.40 % → 3.10 %');
    expect(describeMove({ before: null, now: 0.031 }, 'ratio')).toBe('nothing → 3.10 %');
  });
});

describe('the next attribute', () => {
  const known = ['country', 'cdn', 'edge_pop', 'own'];

  it('goes along the path of the media', () => {
    expect(nextAttribute('cdn', ['cdn'], known)).toBe('edge_pop');
    expect(nextAttribute('edge_pop', ['cdn', 'edge_pop'], known)).toBe('country');
  });

  it('goes round, takes unknown ones last, and stays where none is left', () => {
    expect(nextAttribute('country', ['country', 'edge_pop'], known)).toBe('cdn');
    expect(nextAttribute('country', ['country', 'cdn', 'edge_pop'], known)).toBe('own');
    expect(nextAttribute('own', known, known)).toBe('own');
  });
});

describe('bars', () => {
  it('are not flattened by a whisker', () => {
    const wide = estimate(0.05, 0, 0.9);
    const scale = scaleBars([estimate(0.1), wide]);
    expect(scale.max).toBeCloseTo(0.15);
    expect(shapeBar(wide, scale)).toMatchObject({ low: 0, high: 1, isCut: true });
    expect(shapeBar(estimate(0.1), scale)?.value).toBeCloseTo(2 / 3);
  });

  it('have a scale even where there is nothing', () => {
    expect(scaleBars([])).toEqual({ max: 1 });
    expect(shapeBar(estimate(null), { max: 1 })).toBeUndefined();
    expect(shapeBar(estimate(0), scaleBars([estimate(0)]))?.value).toBe(0);
  });
});

describe('a comparison', () => {
  it('knows which way is better', () => {
    const higher = comparison(0.02, 0.01, 0.03, true);
    expect([judgeComparison(higher, 'lower'), judgeComparison(higher, 'higher')]).toEqual([
      'worse',
      'better',
    ]);
    expect(judgeComparison(higher, 'neither')).toBe('different');
    expect(describeVerdict(higher, 'lower', 'ratio')).toMatch(/^B is worse: higher by 1.* pp to 3.* pp$/);
  });

  it('never calls two cohorts equal', () => {
    const none = comparison(0.001, -0.01, 0.012, false);
    expect(describeVerdict(none, 'lower', 'ratio')).toMatch(
      /^No difference can be told: −1.* pp to \+1.* pp$/,
    );
    expect(describeVerdict(comparison(null, 0, 0, false), 'lower', 'ratio')).toMatch(/^Too little/);
  });

  it('puts KPIs of all units on one axis', () => {
    const interval = relativeInterval(comparison(0.02, 0.01, 0.03, true));
    expect(interval?.high).toBeCloseTo(0.3);
    expect(relativeInterval({ ...comparison(1, 0, 2, false), a: estimate(0) })).toBeUndefined();
    const edge = axisEdge(interval ? [interval] : []);
    expect(edge).toBe(0.5);
    expect([-9, -0.5, 0, 0.25, 9].map((value) => placeOnAxis(value, edge))).toEqual([0, 0, 0.5, 0.75, 1]);
  });
});
