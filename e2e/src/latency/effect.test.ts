// From an event's arrival to its effect in /metrics, beside 150 simulated viewers: prints the distribution, and beside it
// that of a request to the same process that does nothing, for the machine has moods.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { view } from '../events.ts';
import { type Gateway, startGateway } from '../gateway.ts';

const ROUNDS = 300;
let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway(['demo']);
});

afterAll(() => gateway?.stop());

test('effect', async () => {
  const times: number[] = [];
  const controls: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const before = performance.now();
    await (await fetch(`${gateway.internalUrl}/-/healthy`)).text();
    const started = performance.now();
    controls.push(started - before);
    const body = JSON.stringify(view(`effect-${round}`, 500));
    await fetch(`${gateway.publicUrl}/v1/ingest`, { method: 'POST', body });
    let plays = 0;
    while (plays < round) plays = playsOf(await (await gateway.metrics()).text());
    times.push(performance.now() - started);
  }
  console.log(
    `event to effect, ${ROUNDS} rounds: ${spread(times)}; a request that does nothing: ${spread(controls)}`,
  );
  expect(times).toHaveLength(ROUNDS);
});

function spread(times: number[]): string {
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.ceil(share * times.length) - 1]?.toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`;
}

function playsOf(text: string): number {
  const line = text
    .split('\n')
    .find((line) => line.startsWith('openqoe_startup_plays_total{') && line.includes('asset_id="e2e"'));
  return Number(line?.split(' ').pop() ?? 0);
}
