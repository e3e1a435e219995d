// `cargo xtask accuracy`: plays every scenario with every player and prints truth, measured and error.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { launchBrowser } from '../browser.ts';
import { startGateway } from '../gateway.ts';
import { writeDocs } from './docs.ts';
import { type Options, readOptions } from './options.ts';
import { isTrue, print, verdict } from './report.ts';
import { type Result, run, type Setting } from './run.ts';
import type { Player, Scenario } from './scenario.ts';

declare const WITNESS: string;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const folder = await mkdtemp(join(tmpdir(), 'openqoe-accuracy-'));
  // Nobody ends a CMCD session: it is over when it falls silent, for longer than the network is away in any scenario.
  const settings: Record<string, string> = options.cmcd
    ? {
        OPENQOE_ENGINE_SILENCE: '60s',
        OPENQOE_ENGINE_SILENCE_PAUSED: '60s',
        OPENQOE_ENGINE_SILENCE_HIDDEN: '60s',
      }
    : {};
  const gateway = await startGateway(['demo', '--no-viewers', '--no-monitoring'], folder, settings);
  const browsers = {
    allowed: await launchBrowser('no-user-gesture-required'),
    blocked: await launchBrowser('document-user-activation-required'),
  };
  try {
    const results = await perform(options, { gateway, browsers, witness: WITNESS, cmcd: options.cmcd });
    await report(options, results, browsers.allowed.version());
  } finally {
    await browsers.allowed.close();
    await browsers.blocked.close();
    await gateway.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Pages that begin at once hold each other up where startup is measured. */
const APART_MS = 3000;

/** A few at a time: pages wait most of the time. */
async function perform(options: Options, setting: Setting): Promise<Result[]> {
  const wanted: [Player, Scenario][] = options.runs;
  const results: Result[] = [];
  let next = 0;
  const work = async (_: unknown, worker: number) => {
    await setTimeout(worker * APART_MS);
    for (let index = next++; index < wanted.length; index = next++) {
      const [player, scenario] = wanted[index] as [Player, Scenario];
      // A busy machine holds frames back where nothing is wrong; what a reporter gets wrong it gets wrong again.
      for (let attempt = 0; attempt <= options.retries; attempt += 1) {
        const result = await run(player, scenario, setting, index + attempt * wanted.length);
        results[index] = result;
        print(result, `${results.filter(Boolean).length}/${wanted.length}`);
        if (isTrue(result)) break;
      }
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return results;
}

async function report(options: Options, results: Result[], chromium: string): Promise<void> {
  if (options.json) await writeFile(options.json, `${JSON.stringify(rows(results), null, 1)}\n`);
  if (options.record) await writeFile(options.record, JSON.stringify(results));
  if (options.docs) await writeDocs(results, chromium);
  if (!verdict(results)) process.exitCode = 1;
}

const rows = (results: Result[]) =>
  results.flatMap(({ player, scenario, figures }) =>
    figures.map((figure) => ({ player, scenario, ...figure })),
  );

await main();
