// The time axis: round, bounded in number, as precise as its step.
import { expect, it } from 'vitest';
import { clockTime, timeTicks } from '../../src/pages/session/timeAxis.ts';

it('takes round steps', () => {
  expect(timeTicks(0, 60_000, 6).map(({ label }) => label)).toEqual([
    '0:00',
    '0:10',
    '0:20',
    '0:30',
    '0:40',
    '0:50',
    '1:00',
  ]);
  expect(timeTicks(61_250, 61_300, 6).map(({ label }) => label)).toEqual([
    '1:01.25',
    '1:01.26',
    '1:01.27',
    '1:01.28',
    '1:01.29',
    '1:01.30',
  ]);
});

it('never takes more than fit, however long the session', () => {
  for (let width = 1; width < 1e10; width *= 3) {
    expect(timeTicks(1_234, 1_234 + width, 8).length).toBeLessThanOrEqual(9);
  }
});

it('names moments', () => {
  expect(clockTime(0)).toBe('0:00.000');
  expect(clockTime(3_723_004)).toBe('1:02:03.004');
  expect(clockTime(3_723_004, 1_000)).toBe('1:02:03');
});
