// How Live goes on, and what it says of itself.
import { describe, expect, test } from 'vitest';
import type { Change, Live, LivePoint } from '../../src/api/generated.ts';
import { describeFactor, isWorse } from '../../src/pages/live/describeChange.ts';
import { describeConnection } from '../../src/pages/live/describeConnection.ts';
import { foldPoint } from '../../src/pages/live/foldPoint.ts';
import { sortAnomalies } from '../../src/pages/live/sortAnomalies.ts';

const live: Live = {
  tenant: 't',
  span: '1h',
  step_s: 5,
  at_s: [100, 105, 110],
  series: { viewers: [1, 2, 3] },
  phases: { playing: [1, 1, 2] },
  queries: {},
};
const point = (at_s: number, viewers: number, step_s = 5): LivePoint => {
  return { at_s, step_s, values: { viewers }, phases: { playing: viewers }, tiles: {}, tile_window_s: 60 };
};

describe('a point of the stream', () => {
  test('replaces the step of its time', () => {
    const folded = foldPoint(live, point(110, 9), 3600);
    expect([folded.at_s, folded.series.viewers]).toEqual([
      [100, 105, 110],
      [1, 2, 9],
    ]);
  });

  test('begins a new step, and the oldest goes', () => {
    const folded = foldPoint(live, point(115, 4), 15);
    expect([folded.at_s, folded.series.viewers, folded.phases.playing]).toEqual([
      [105, 110, 115],
      [2, 3, 4],
      [1, 2, 4],
    ]);
  });

  test('of the past or of other steps changes nothing', () => {
    expect(foldPoint(live, point(105, 9), 3600)).toBe(live);
    expect(foldPoint(live, point(120, 9, 600), 3600)).toBe(live);
  });

  test('of a KPI that was not there before has gaps before it', () => {
    const folded = foldPoint(live, { ...point(115, 4), values: { bitrate: 7 } }, 3600);
    expect(folded.series).toEqual({ viewers: [1, 2, 3, null], bitrate: [null, null, null, 7] });
  });

  test('begins an empty history', () => {
    const empty = { ...live, at_s: [], series: {}, phases: {} };
    expect(foldPoint(empty, point(115, 4), 3600)).toMatchObject({ at_s: [115], series: { viewers: [4] } });
  });
});

test('the connection says how fresh things are', () => {
  const connection = { state: 'open', heardAt: 10_000, retriesAt: undefined, openings: 1 } as const;
  expect(describeConnection(connection, 11_000)).toMatchObject({ kind: 'good', text: 'Up to date' });
  expect(describeConnection(connection, 22_000)).toMatchObject({
    kind: 'warn',
    text: 'Stale, last heard 12 s ago',
  });
  const away = { ...connection, state: 'away', retriesAt: 25_500 } as const;
  expect(describeConnection(away, 22_000).text).toBe(
    'Gateway away, last heard 12 s ago, trying again in 4 s',
  );
  const opening = { ...connection, state: 'opening', heardAt: undefined } as const;
  expect(describeConnection(opening, 0)).toMatchObject({ kind: 'warn', text: 'Connecting' });
});

test('a change is told as a factor', () => {
  expect(describeFactor({ now: 0.0247, before: 0.0031 })).toBe('▲ 8×');
  expect(describeFactor({ now: 4.1e6, before: 5.4e6 })).toBe('▼ 0.76×');
  expect(describeFactor({ now: 3, before: 0 })).toBe('▲ from 0');
  expect(describeFactor({ now: null, before: 1 })).toBe('');
});

test('worse is what is unusual and counted often enough', () => {
  const change: Change = {
    kpi: 'x',
    now: 1,
    before: 1,
    score: 3.5,
    is_enough: true,
    contributors: [],
    queries: {},
  };
  expect(isWorse(change)).toBe(true);
  expect(isWorse({ ...change, score: 3 })).toBe(false);
  expect(isWorse({ ...change, is_enough: false })).toBe(false);
});

test('anomalies going on come before those that are over', () => {
  const anomaly = { kpi: 'x', attribute: null, value: null, observed: 1, expected: 1 };
  const over = { ...anomaly, since: 1, until: 2, score: 99 };
  const weak = { ...anomaly, since: 3, until: null, score: 4 };
  const strong = { ...anomaly, since: 2, until: null, score: 9 };
  expect(sortAnomalies([over, weak, strong])).toEqual([strong, weak, over]);
});
