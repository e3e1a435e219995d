// How much of the main thread is the SDK's while a page plays, by the profiler: the stack of the thread, thousands of times a
// second.

import type { CDPSession } from 'playwright-core';
import { openPlayback, type Playback, type Theatre } from './playback.ts';
import { type Attribution, attribute, longest, type Profile, spent } from './profile.ts';

export interface Share {
  seconds: number;
  /** Mean time between samples, microseconds. */
  interval: number;
  /** Milliseconds of the main thread. */
  sdk: number;
  /** The longest unbroken run of the SDK's, milliseconds. */
  longest: number;
}

export interface LongTask {
  /** Milliseconds of the whole task, and of the SDK in it. */
  duration: number;
  sdk: number;
}

export interface MainThread {
  startup: Share;
  steady: Share;
  longTasks: LongTask[];
}

const SAMPLING_US = 100;
/** Seconds shown before playback counts as under way. */
const STARTUP_S = 5;
const FILES = /\/sdk\//;

export async function measureMainThread(theatre: Theatre, seconds: number): Promise<MainThread> {
  const playback = await openPlayback(theatre, true);
  const { page, devtools } = playback;
  await devtools.send('Profiler.enable');
  await devtools.send('Profiler.setSamplingInterval', { interval: SAMPLING_US });
  const startup = await profile(devtools, () => playback.play(STARTUP_S));
  const steady = await profile(devtools, () => page.waitForTimeout(seconds * 1_000));
  const tasks = await longTasks(playback, [startup, steady]);
  await playback.close();
  return { startup: share(startup), steady: share(steady), longTasks: tasks };
}

async function profile(devtools: CDPSession, during: () => Promise<unknown>): Promise<Attribution> {
  await devtools.send('Profiler.start');
  await during();
  const { profile } = await devtools.send('Profiler.stop');
  return attribute(profile as Profile, FILES);
}

function share({ total, samples, runs }: Attribution): Share {
  return {
    seconds: total / 1e6,
    interval: total / samples,
    sdk: spent(runs) / 1e3,
    longest: longest(runs) / 1e3,
  };
}

/** The page's long tasks, and how much of each was the SDK's. */
async function longTasks({ page, devtools }: Playback, profiles: Attribution[]): Promise<LongTask[]> {
  await devtools.send('Performance.enable');
  const { metrics } = await devtools.send('Performance.getMetrics');
  const begun = metrics.find(({ name }) => name === 'NavigationStart')?.value;
  if (begun === undefined) throw new Error('Chromium does not tell when the page began');
  const runs = profiles.flatMap(({ runs }) => runs);
  const tasks = await page.evaluate(() => window.longTasks);
  return tasks.map(({ start, duration }) => {
    // The page counts from its navigation, profiles from where the browser's monotonic clock does.
    const from = begun * 1e6 + start * 1e3;
    return { duration, sdk: spent(runs, from, from + duration * 1e3) / 1e3 };
  });
}
