// Pins what the harness makes of macros and variables, for it judges every dashboard.
import { expect, test } from 'vitest';
import { interpolate, stepOf } from './grafana.ts';

const range = { start: 0, end: 300, step: 15, scrape: 5 };

test('macros', () => {
  const sent = interpolate('rate(x[$__rate_interval]) y[$__range] z[' + '$' + '{__interval}]', {}, range);
  expect(sent).toBe('rate(x[20s]) y[300s] z[15s]');
  expect(interpolate('x[$__rate_interval]', {}, { ...range, step: 1 })).toBe('x[20s]');
});

test('one value is escaped, several are alternatives, all is a pattern', () => {
  const query = 'x{player=~"$player"} by ($by)';
  expect(interpolate(query, { player: ['hls.js 1.6'], by: 'cdn' }, range)).toBe(
    'x{player=~"hls\\\\.js 1\\\\.6"} by (cdn)',
  );
  expect(interpolate(query, { player: ['a', 'b'] }, range)).toBe('x{player=~"(a|b)"} by ($by)');
  expect(interpolate(query, { player: ['.*'], by: 'cdn' }, range)).toBe('x{player=~".*"} by (cdn)');
});

test('steps', () => {
  expect(stepOf(3600, 1000, '1s', 1)).toBe(4);
  expect(stepOf(300, 1000, '1m', 5)).toBe(60);
});
