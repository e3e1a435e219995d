// A real Prometheus with a folder of its own; unless told otherwise it scrapes one target each second.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

export interface Prometheus {
  /** Where it is. */
  origin: string;
  /** The values of an instant query by their labels; no result is an empty list. */
  query(promql: string): Promise<{ metric: Record<string, string>; value: number }[]>;
  /** The one value of an instant query. */
  value(promql: string): Promise<number>;
  stop(): Promise<void>;
}

/** Scrapes one target. */
export function startPrometheus(target: string, ...flags: string[]): Promise<Prometheus> {
  const scrape = `global: {scrape_interval: 1s}
scrape_configs:
  - job_name: openqoe
    static_configs: [{targets: ['${new URL(target).host}']}]
`;
  return runPrometheus(scrape, ...flags);
}

/** Runs with this configuration. */
export async function runPrometheus(configuration: string, ...flags: string[]): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'openqoe-prometheus-'));
  const port = await freePort();
  const config = join(folder, 'prometheus.yml');
  await writeFile(config, configuration);
  const child = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
      ...flags,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const origin = `http://127.0.0.1:${port}`;
  await until('Prometheus', async () => ((await fetch(`${origin}/-/ready`)).ok ? true : undefined));

  async function query(promql: string) {
    const answer = await fetch(`${origin}/api/v1/query?query=${encodeURIComponent(promql)}`);
    const body = (await answer.json()) as QueryAnswer;
    if (body.status !== 'success') throw new Error(`${promql}: ${body.error}`);
    return body.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  return {
    origin,
    query,
    async value(promql) {
      const results = await query(promql);
      if (results.length !== 1 || !results[0]) throw new Error(`${promql}: ${results.length} results`);
      return results[0].value;
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

interface QueryAnswer {
  status: string;
  error?: string;
  data: { result: { metric: Record<string, string>; value: [number, string] }[] };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(address)));
    });
  });
}
