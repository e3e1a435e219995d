// Numbers as readers see them.
import { describe, expect, test } from 'vitest';
import {
  formatDuration,
  formatExact,
  formatFigure,
  formatRound,
  NO_VALUE,
  type Unit,
} from '../../src/figures/formatFigure.ts';

test.each<[number | null | undefined, Unit, string]>([
  [0.0247, 'ratio', '2.47 %'],
  [0.0008, 'ratio', '0.080 %'],
  [0.97, 'ratio', '97.0 %'],
  [1, 'ratio', '100 %'],
  [-0.24, 'ratio', '−24.0 %'],
  [0.000001, 'ratio', '<0.001 %'],
  [0, 'ratio', '0 %'],
  [0.71, 'seconds', '710 ms'],
  [0.0031, 'seconds', '3.10 ms'],
  [4.351, 'seconds', '4.35 s'],
  [94.2, 'seconds', '1 min 34 s'],
  [0, 'seconds', '0 ms'],
  [1530, 'milliseconds', '1.53 s'],
  [4_123_456, 'bits_per_second', '4.12 Mbit/s'],
  [830, 'bits_per_second', '830 bit/s'],
  [48_318_382_080, 'bytes', '45.0 GiB'],
  [5.94, 'per_hour', '5.94 /h'],
  [11.2, 'per_second', '11.2 /s'],
  [14.4, 'times', '14.4×'],
  [0.4, 'times', '0.40×'],
  [3806, 'count', '3\u202f806'],
  [123_456, 'count', '123 k'],
  [0.19, 'count', '0.19'],
  [null, 'ratio', NO_VALUE],
  [undefined, 'count', NO_VALUE],
  [Number.NaN, 'seconds', NO_VALUE],
  [Number.POSITIVE_INFINITY, 'ratio', NO_VALUE],
])('%s as %s is %s', (value, unit, text) => {
  expect(formatFigure(value, unit)).toBe(text);
});

test.each<[number, Unit, string]>([
  [2, 'seconds', '2 s'],
  [0.995, 'ratio', '99.5 %'],
  [0.98, 'ratio', '98 %'],
  [1, 'ratio', '100 %'],
  [14.4, 'times', '14.4×'],
  [6, 'times', '6×'],
  [100, 'times', '100×'],
  [20e6, 'bits_per_second', '20 Mbit/s'],
  [4000, 'count', '4\u202f000'],
  [0, 'seconds', '0'],
])('%s as a round %s is %s', (value, unit, text) => {
  expect(formatRound(value, unit)).toBe(text);
});

describe('durations', () => {
  test.each([
    [0, '0 s'],
    [59.6, '1 min'],
    [300, '5 min'],
    [5400, '1 h 30 min'],
    [259_200, '3 d'],
    [97_020, '1 d 2 h'],
  ])('%s s is %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

test('books are told to the last event', () => {
  expect(formatExact(49_418_017)).toBe('49\u202f418\u202f017');
  expect(formatExact(-3)).toBe('−3');
});
