// The range of time in a URL.
import { expect, it } from 'vitest';
import { rangeParameters, readRange } from '../../src/filters/range.ts';

const NOW = 1_795_000_000_000;
const read = (text: string) => readRange(new URLSearchParams(text), NOW);

it('is the last hour unless told', () => {
  const range = read('');
  expect(range).toMatchObject({ name: '1h', to: undefined });
  expect(NOW - range.from).toBeGreaterThanOrEqual(3_600_000);
  expect(NOW - range.from).toBeLessThan(3_615_000);
  expect(read('range=nonsense').name).toBe('1h');
});

it('is two moments where both are told', () => {
  expect(read('from=1000&to=2000')).toEqual({ name: undefined, from: 1000, to: 2000 });
  expect(read('from=2000&to=1000').name).toBe('1h');
});

it.each(['', 'range=7d', 'from=1000&to=2000'])('goes along with a link: %s', (text) => {
  const parameters = Object.entries(rangeParameters(read(text))).map(([name, value]) => [
    name,
    String(value),
  ]);
  expect(read(String(new URLSearchParams(parameters)))).toEqual(read(text));
});
