// The arithmetic of the cost harness: profiles in, shares out; points in, slopes out.

import { expect, test } from 'vitest';
import { attribute, longest, type Profile, spent } from './profile.ts';
import { median, slope } from './statistics.ts';

const SDK = /\/sdk\//;
const node = (id: number, url: string, children: number[] = []) => ({ id, callFrame: { url }, children });

/** (root) 1, idle 2, player 3 > SDK 4 > native 5 > player 6, another call of the player's 7. */
const NODES = [
  node(1, '', [2, 3]),
  node(2, ''),
  node(3, 'http://x/hls.mjs', [4, 7]),
  node(4, 'http://x/sdk/hlsjs.js', [5]),
  node(5, '', [6]),
  node(6, 'http://x/hls.mjs'),
  node(7, 'http://x/hls.mjs'),
];
const profile = (samples: number[], timeDeltas = samples.map(() => 100)): Profile => ({
  nodes: NODES,
  startTime: 1_000,
  samples,
  timeDeltas,
});

test.each([
  ['nothing of it', [2, 3, 7, 2], [], 0],
  ['its own frames', [2, 4, 2, 2], [[1_200, 1_300]], 100],
  ['what it calls, to any depth', [2, 5, 6, 4, 2], [[1_200, 1_500]], 300],
  ['not what calls it, nor what that calls besides', [3, 4, 7, 2], [[1_200, 1_300]], 100],
  [
    'two runs, one longer',
    [4, 2, 4, 5, 2],
    [
      [1_100, 1_200],
      [1_300, 1_500],
    ],
    200,
  ],
  ['a run that the profile cuts off', [2, 4, 4], [[1_200, 1_300]], 100],
] as const)('attribution: %s', (_, samples, runs, most) => {
  const found = attribute(profile([...samples]), SDK);
  expect(found.runs).toEqual(runs.map(([start, end]) => ({ start, end })));
  expect(found.total).toBe(samples.length * 100);
  expect(longest(found.runs)).toBe(most);
});

test('samples weigh what lies between them, not their number', () => {
  const { runs, total } = attribute(profile([2, 4, 2], [10, 40, 500]), SDK);
  expect(spent(runs) / total).toBeCloseTo(500 / 550);
});

test('a sample dated before the one before it takes nothing back', () => {
  const { runs } = attribute(profile([4, 4, 2], [10, 50, -20]), SDK);
  expect(spent(runs)).toBe(50);
});

test('what lies in a window of time', () => {
  const runs = [
    { start: 100, end: 200 },
    { start: 300, end: 400 },
  ];
  expect(spent(runs, 150, 350)).toBe(100);
  expect(spent(runs, 200, 300)).toBe(0);
});

test('an empty profile', () => {
  expect(attribute({ nodes: [], startTime: 0 }, SDK)).toEqual({ total: 0, samples: 0, runs: [] });
  expect(longest([])).toBe(0);
});

test('the slope of a line, and of what is level', () => {
  expect(slope([0, 5, 10].map((x) => [x, 7 + 3 * x]))).toBeCloseTo(3);
  expect(slope([0, 5, 10].map((x) => [x, 42]))).toBe(0);
});

test('the median', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});
