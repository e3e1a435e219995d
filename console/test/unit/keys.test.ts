// Keys one after the other.
import { expect, test } from 'vitest';
import { readKey } from '../../src/shell/readKey.ts';

const START = { after: '', at: 0 };

test('g waits for a letter, for a while', () => {
  const { step, chord } = readKey(START, 'g', 100);
  expect(chord).toBeUndefined();
  expect(readKey(step, 'l', 600).chord).toBe('g l');
  expect(readKey(step, 'l', 5000).chord).toBe('l');
});

test('other keys are themselves', () => {
  expect(readKey(START, '?', 0)).toEqual({ step: { after: '', at: 0 }, chord: '?' });
});
