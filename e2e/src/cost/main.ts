// `cargo xtask cost`: measures what the SDK costs the page it runs in, and says whether that is what was promised.

import { access, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { launchBrowser } from '../browser.ts';
import { startGateway } from '../gateway.ts';
import { measureDifference } from './difference.ts';
import { AWAY, measureHeap, VIEW } from './heap.ts';
import { measureMainThread } from './main-thread.ts';
import { type Options, readOptions } from './options.ts';
import type { Theatre } from './playback.ts';
import { print, writeDocs } from './report.ts';
import { type Cost, check } from './result.ts';
import { startSite } from './site.ts';
import { measureHour } from './wire.ts';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  await access(join(import.meta.dirname, '../../sdk/web/dist/openqoe.js')).catch(() => {
    throw new Error('the SDK is not built: npm run build -w sdk/web');
  });
  const theatre = {
    browser: await launchBrowser(),
    site: await startSite(),
    gateway: await startGateway(['demo', '--no-viewers']),
  };
  try {
    const cost = await measure(theatre, options);
    const checks = check(cost);
    print(cost, checks);
    if (options.json) await writeFile(options.json, `${JSON.stringify({ ...cost, checks }, null, 1)}\n`);
    if (options.docs) await writeDocs(cost, checks);
    if (checks.some(({ kept }) => !kept)) process.exitCode = 1;
  } finally {
    await theatre.browser.close();
    await theatre.site.stop();
    await theatre.gateway.stop();
  }
}

async function measure(theatre: Theatre, { quick }: Options): Promise<Cost> {
  const { browser, site } = theatre;
  const load = { playback: 0, difference: 0, heap: 0, wire: 0 };
  const part = <T>(name: keyof typeof load, action: () => Promise<T>): Promise<T> => {
    [load[name] = 0] = loadavg();
    console.log(`${name} ...`);
    return action();
  };
  const heap = () => ({
    without: () => measureHeap(browser, site, VIEW),
    with: () => measureHeap(browser, site, { ...VIEW, endpoint: site.endpoint }),
    awayWithout: () => measureHeap(browser, site, AWAY),
    away: () => measureHeap(browser, site, { ...AWAY, endpoint: site.away }),
  });
  return {
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      chromium: browser.version(),
      node: process.versions.node,
      date: new Date().toISOString().slice(0, 10),
    },
    load,
    mainThread: await part('playback', () => measureMainThread(theatre, quick ? 20 : 60)),
    difference: await part('difference', () =>
      quick ? measureDifference(theatre, 2, 5) : measureDifference(theatre, 6, 12),
    ),
    heap: await part('heap', async () => {
      const cases = heap();
      return {
        without: await cases.without(),
        with: await cases.with(),
        awayWithout: await cases.awayWithout(),
        away: await cases.away(),
      };
    }),
    wire: await part('wire', async () => [
      await measureHour(browser, site, 2),
      await measureHour(browser, site, 6),
    ]),
  };
}

await main();
