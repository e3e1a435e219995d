// Foreign oracles: Prometheus' own linter and the official OpenMetrics parser read what simulated viewers make of the
// exposition.
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../gateway.ts';
import { until } from '../until.ts';

const PARSE = `
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.stdin.read()))
samples = [sample for family in families for sample in family.samples]
print(len(families), len(samples), sum(1 for sample in samples if sample.exemplar))
`;

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway(['demo', '--viewers', '60']);
  const ended = /views_ended_total\{.*\} [1-9]/;
  const stalled = /rebuffers_total\{.*\} [1-9]/;
  const enough = async () => {
    const text = await (await gateway.metrics()).text();
    return ended.test(text) && stalled.test(text) ? true : undefined;
  };
  await until('views that stalled and views that ended', enough, 110_000);
});

afterAll(() => gateway?.stop());

test('promtool has nothing to say but about one name of the seed', async () => {
  const input = await (await gateway.metrics()).text();
  const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
  // The founding document names it, and names of the founding document are kept exactly (OQEP-0001).
  const seed = 'openqoe_abr_bitrate_bits_current use base unit "bytes" instead of "bits"';
  const said = (stdout + stderr).split('\n').filter((line) => line !== '' && line !== seed);
  expect(said).toEqual([]);
});

test('the official OpenMetrics parser reads every family, sample and exemplar', async () => {
  const input = await (await gateway.metrics('application/openmetrics-text;version=1.0.0')).text();
  const python = process.env.OPENQOE_PYTHON ?? 'python3';
  const { stdout, stderr, status } = spawnSync(python, ['-c', PARSE], { input, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const lines = input.split('\n');
  const families = lines.filter((line) => line.startsWith('# TYPE')).length;
  const samples = lines.filter((line) => line !== '' && !line.startsWith('#')).length;
  const exemplars = lines.filter((line) => line.includes(' # {')).length;
  expect(stdout.trim()).toBe(`${families} ${samples} ${exemplars}`);
  expect(exemplars).toBeGreaterThan(0);
});
