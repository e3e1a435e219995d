// When downloads are left out, and that what is left out is stood for.

import { expect, test } from 'vitest';
import { createSampler } from '../src/core/sampler.js';

const download = { type: 'download', kind: 'video', bytes: 1 } as const;

function run() {
  let time = 0;
  const sampler = createSampler(() => time);
  const count = (many: number, event: Parameters<typeof sampler.admit>[0] = download) => {
    const sent = Array.from({ length: many }, () => sampler.admit(event)).filter((e) => e !== undefined);
    const weights = sent.map((e) => (e?.type === 'download' ? (e.weight ?? 1) : 1));
    return [sent.length, weights.reduce((a, b) => a + b, 0)];
  };
  return { sampler, count, pass: (ms: number) => (time += ms) };
}

test('everything is sent until the gateway asks for less, and again when it no longer does', () => {
  const { sampler, count, pass } = run();
  sampler.admit({ type: 'playing' });
  pass(60_000);
  expect(count(64)).toEqual([64, 64]);
  sampler.heed({ download_weight: 4 });
  expect(count(64)).toEqual([16, 64]);
  sampler.heed({});
  expect(count(64)).toEqual([64, 64]);
});

test('startup, stalls, seeks and errors are sent whole', () => {
  const { sampler, count, pass } = run();
  sampler.heed({ download_weight: 8 });
  expect(count(8)).toEqual([8, 8]);
  for (const trouble of ['play_request', 'stall', 'seek_start'] as const) {
    sampler.admit({ type: trouble });
    pass(60_000);
    expect(count(8)).toEqual([8, 8]);
    sampler.admit({ type: 'playing' });
    pass(29_000);
    expect(count(8)).toEqual([8, 8]);
    pass(1_000);
    expect(count(8)).toEqual([1, 8]);
  }
  sampler.admit({ type: 'error', code: 'E', fatal: false });
  expect(count(8)).toEqual([8, 8]);
});

test('a failed download is never left out, and nonsense asks for nothing', () => {
  const { sampler, count, pass } = run();
  sampler.admit({ type: 'playing' });
  pass(60_000);
  sampler.heed({ download_weight: 1000 });
  expect(count(64)).toEqual([1, 64]);
  expect(count(10, { ...download, failed: true })).toEqual([10, 10]);
  for (const nonsense of [0, -3, Number.NaN, 'x', null, {}]) {
    sampler.heed({ download_weight: nonsense as number });
    expect(count(10)).toEqual([10, 10]);
  }
});
