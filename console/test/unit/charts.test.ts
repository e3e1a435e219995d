// What charts draw and say.

import { expect, test } from 'vitest';
import { describeChart, describeMoment } from '../../src/charts/describeChart.ts';
import { drawPath } from '../../src/charts/drawPath.ts';
import { labelTime } from '../../src/charts/labelTime.ts';
import { openGaps } from '../../src/charts/openGaps.ts';
import { stackColumns } from '../../src/charts/stackColumns.ts';

test('a missing step is a gap, not a line across it', () => {
  expect(openGaps([0, 5, 20, 25], [[1, 2, 3, 4]], 5)).toEqual({
    at: [0, 5, 10, 20, 25],
    columns: [[1, 2, null, 3, 4]],
  });
});

test('steps that come a little late are none', () => {
  expect(openGaps([0, 5, 11], [[1, 2, 3]], 5).at).toEqual([0, 5, 11]);
});

test('stacked columns stand on each other; a step nobody knows stays unknown', () => {
  const columns = [
    [1, 2, null],
    [10, null, null],
  ];
  expect(stackColumns(columns)).toEqual([
    [1, 2, null],
    [11, 2, null],
  ]);
});

test('a sparkline keeps gaps, and peaks of what is narrower than a pixel', () => {
  const frame = { width: 4, height: 12, bottom: 0, top: 10 };
  expect(drawPath([0, 10, null, 5], frame)).toBe('M0 11L1.3 1M4 6');
  expect(drawPath([0, 0, 10, 0, 0, 0, 0, 0], frame)).toBe('M0 11L1.3 1L2.7 11L4 11');
  expect(drawPath([], frame)).toBe('');
});

const lines = [
  { id: 'p95', title: 'p95', color: '--line-1', values: [1.5, 6.2, null, 3.1] },
  { id: 'p50', title: 'p50', color: '--line-2', values: [null, null, null, null] },
];
const at = [1_795_183_200, 1_795_183_205, 1_795_183_210, 1_795_183_215];

test('a chart in words', () => {
  const bands = [{ from: 0, to: null, title: 'Anomaly' }];
  expect(describeChart('Startup time', { at, lines, unit: 'seconds' }, bands)).toMatch(
    /^Startup time\. p95: last 3\.10 s, between 1\.50 s at .*14:00 and 6\.20 s at .*14:00\. p50: no values\. Anomaly\.$/,
  );
});

test('a moment in words', () => {
  expect(describeMoment(at[1], lines, [6.2, null], 'seconds')).toMatch(/: p95 6\.20 s, p50 –$/);
  expect(describeMoment(undefined, lines, [], 'seconds')).toBe('no values');
});

test.each([
  ['ticks of ten seconds', 10, '14:03:10'],
  ['of a minute', 60, '14:03'],
  ['of a day', 86_400, 'Sat 21 Nov'],
])('%s are told apart by their labels', (_, step, label) => {
  const at = new Date(2026, 10, 21, 14, 3, step === 10 ? 10 : 0).getTime() / 1000;
  expect(labelTime(at, [at, at + step])).toBe(label);
});
