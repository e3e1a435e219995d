// The same by another way, without a profiler, which is not free: pages with and without the SDK in turn, and the browser's own
// account of what its main thread did.
// https://chromedevtools.github.io/devtools-protocol/tot/Performance/#method-getMetrics

import type { CDPSession } from 'playwright-core';
import { openPlayback, type Theatre } from './playback.ts';
import { median } from './statistics.ts';

/** Percent of one core, with the SDK minus without, over the rounds. */
export interface Spread {
  median: number;
  lowest: number;
  highest: number;
}

export interface Difference {
  rounds: number;
  seconds: number;
  /** All tasks of the main thread, and of these what ran JavaScript. */
  task: Spread;
  script: Spread;
  /** The same of the page without the SDK, to see how small the difference is beside it. */
  without: { task: number; script: number };
}

interface Busy {
  task: number;
  script: number;
}

const STARTUP_S = 4;

export async function measureDifference(
  theatre: Theatre,
  rounds: number,
  seconds: number,
): Promise<Difference> {
  const pairs: { on: Busy; off: Busy }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const first = await busy(theatre, round % 2 === 0, seconds);
    const second = await busy(theatre, round % 2 !== 0, seconds);
    pairs.push(round % 2 === 0 ? { on: first, off: second } : { on: second, off: first });
  }
  const spread = (of: keyof Busy): Spread => {
    const differences = pairs.map(({ on, off }) => on[of] - off[of]);
    return {
      median: median(differences),
      lowest: Math.min(...differences),
      highest: Math.max(...differences),
    };
  };
  const without = (of: keyof Busy) => median(pairs.map(({ off }) => off[of]));
  return {
    rounds,
    seconds,
    task: spread('task'),
    script: spread('script'),
    without: { task: without('task'), script: without('script') },
  };
}

/** Percent of one core a page takes while it plays. */
async function busy(theatre: Theatre, withSdk: boolean, seconds: number): Promise<Busy> {
  const playback = await openPlayback(theatre, withSdk);
  await playback.devtools.send('Performance.enable');
  await playback.play(STARTUP_S);
  const before = await metrics(playback.devtools);
  await playback.page.waitForTimeout(seconds * 1_000);
  const after = await metrics(playback.devtools);
  await playback.close();
  const percent = (name: string) =>
    (100 * (after(name) - before(name))) / (after('Timestamp') - before('Timestamp'));
  return { task: percent('TaskDuration'), script: percent('ScriptDuration') };
}

async function metrics(devtools: CDPSession): Promise<(name: string) => number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  const values = new Map(metrics.map(({ name, value }) => [name, value]));
  return (name) => values.get(name) ?? Number.NaN;
}
