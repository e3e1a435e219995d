// When downloads are left out, and that what is left out is stood for.

import { afterEach, expect, test, vi } from 'vitest';
import { createSampler } from '../src/core/sampler.js';

const download = { type: 'download', kind: 'video', bytes: 1 } as const;

afterEach(() => vi.restoreAllMocks());

function run(least = 1) {
  let time = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => time);
  const sampler = createSampler(least);
  const count = (many: number, event: Parameters<typeof sampler._admit>[0] = download) => {
    const sent = Array.from({ length: many }, () => sampler._admit(event)).filter((e) => e !== undefined);
    const weights = sent.map((e) => (e?.type === 'download' ? (e.weight ?? 1) : 1));
    return [sent.length, weights.reduce((a, b) => a + b, 0)];
  };
  return { sampler, count, pass: (ms: number) => (time += ms) };
}

test('everything is sent until the gateway asks for less, and again when it no longer does', () => {
  const { sampler, count, pass } = run();
  sampler._admit({ type: 'playing' });
  pass(60_000);
  expect(count(64)).toEqual([64, 64]);
  sampler._heed(4);
  expect(count(64)).toEqual([16, 64]);
  sampler._heed(undefined);
  expect(count(64)).toEqual([64, 64]);
});

test('startup, stalls, seeks and errors are sent whole', () => {
  const { sampler, count, pass } = run();
  sampler._heed(8);
  expect(count(8)).toEqual([8, 8]);
  for (const trouble of ['play_request', 'stall', 'seek_start'] as const) {
    sampler._admit({ type: trouble });
    pass(60_000);
    expect(count(8)).toEqual([8, 8]);
    sampler._admit({ type: 'playing' });
    pass(29_000);
    expect(count(8)).toEqual([8, 8]);
    pass(1_000);
    expect(count(8)).toEqual([1, 8]);
  }
  sampler._admit({ type: 'error', code: 'E', fatal: false });
  expect(count(8)).toEqual([8, 8]);
});

test('a failed download is never left out, and nonsense asks for nothing', () => {
  const { sampler, count, pass } = run();
  sampler._admit({ type: 'playing' });
  pass(60_000);
  sampler._heed(1000);
  expect(count(64)).toEqual([1, 64]);
  expect(count(10, { ...download, failed: true })).toEqual([10, 10]);
  for (const nonsense of [0, -3, Number.NaN, 'x', null, {}]) {
    sampler._heed(nonsense as number);
    expect(count(10)).toEqual([10, 10]);
  }
});

test('a weight of its own holds also when the gateway asks for nothing, and the larger of both wins', () => {
  const { sampler, count, pass } = run(8);
  expect(count(8)).toEqual([8, 8]);
  sampler._admit({ type: 'playing' });
  pass(29_999);
  expect(count(8)).toEqual([8, 8]);
  pass(1);
  expect(count(64)).toEqual([8, 64]);
  sampler._heed(4);
  expect(count(64)).toEqual([8, 64]);
  sampler._heed(16);
  expect(count(64)).toEqual([4, 64]);
  sampler._heed(undefined);
  expect(count(64)).toEqual([8, 64]);
});
