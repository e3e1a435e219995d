// Real Prometheus with native histograms on scrapes our protobuf and computes quantiles from it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { view } from '../events.ts';
import { type Gateway, startGateway } from '../gateway.ts';
import { type Prometheus, startPrometheus } from '../prometheus.ts';
import { until } from '../until.ts';

let gateway: Gateway;
let prometheus: Prometheus;

beforeAll(async () => {
  gateway = await startGateway(['serve']);
  prometheus = await startPrometheus(gateway.internalUrl, '--enable-feature=native-histograms');
});

afterAll(async () => {
  await prometheus?.stop();
  await gateway?.stop();
});

test('quantiles within the 9 % resolution of schema 3', async () => {
  for (let number = 0; number < 100; number++) {
    const body = JSON.stringify(view(`native-${number}`, 500 + 10 * number));
    await fetch(`${gateway.publicUrl}/v1/ingest`, { method: 'POST', body });
  }
  const count = 'histogram_count(openqoe_startup_time_seconds)';
  await until('100 views', async () => ((await prometheus.value(count)) === 100 ? true : undefined));
  const quantile = (q: number) => prometheus.value(`histogram_quantile(${q}, openqoe_startup_time_seconds)`);
  expect(Math.abs((await quantile(0.5)) / 0.995 - 1)).toBeLessThan(0.09);
  expect(Math.abs((await quantile(0.95)) / 1.445 - 1)).toBeLessThan(0.09);
});
