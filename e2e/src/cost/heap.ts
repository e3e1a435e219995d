// Whether the page's heap grows while somebody watches. What is left after a forced collection is what is held.

import type { Browser, CDPSession } from 'playwright-core';
import type { Site } from './site.ts';
import { slope } from './statistics.ts';
import { openView, type View } from './view.ts';

export interface Heap {
  /** Minute of the view, bytes in use after a collection. */
  points: [minute: number, bytes: number][];
  /** Bytes per minute over the judged stretch. */
  growth: number;
}

interface Case {
  /** Where the SDK reports to; without, there is no SDK. */
  endpoint?: string;
  segmentSeconds: number;
  /** One download of so many is sent in steady playback; the SDK's own default where it is not given. */
  weight?: number;
  /** The heap is read every 5 minutes, and judged from minute `from` to minute `to`. */
  from: number;
  to: number;
}

const EVERY = 5;

/** A viewer for half an hour, a switch every five minutes and a stall every ten. */
export const VIEW = { segmentSeconds: 2, from: 5, to: 30 };
/** The gateway is away all the time, and so much is told that the bound of the queue is reached before the heap is judged. */
export const AWAY = { segmentSeconds: 1, weight: 1, from: 20, to: 45 };

export async function measureHeap(browser: Browser, site: Site, what: Case): Promise<Heap> {
  const query = new URLSearchParams({ segment: `${what.segmentSeconds}` });
  if (what.endpoint) query.set('endpoint', what.endpoint);
  if (what.weight) query.set('weight', `${what.weight}`);
  const view = await openView(browser, `${site.origin}/simulate?${query}`, what.segmentSeconds);
  const devtools = await view.page.context().newCDPSession(view.page);
  const points: Heap['points'] = [];
  for (let minute = EVERY; minute <= what.to; minute += EVERY) {
    await watchOn(view, minute);
    points.push([minute, await inUse(devtools)]);
  }
  await witness(view, site, what);
  await view.close();
  return { points, growth: slope(points.filter(([minute]) => minute >= what.from)) };
}

/** A heap is flat as well where nothing was ever reported. */
async function witness({ page }: View, site: Site, { endpoint }: Case): Promise<void> {
  const received = site.take().length;
  const dropped = await page.evaluate(() => window.view.dropped());
  if (endpoint === site.endpoint && !received) throw new Error('the SDK reported nothing');
  if (endpoint === site.away && !dropped) throw new Error('the queue of the SDK was never full');
}

async function watchOn(view: View, until: number): Promise<void> {
  await view.switchLevel();
  if (until % (2 * EVERY) === 0) await view.stall(2);
  await view.watch(until - view.minutes());
}

async function inUse(devtools: CDPSession): Promise<number> {
  // What the first collection lets go of may hold on to more until its finalisers have run.
  for (let turn = 0; turn < 3; turn += 1) await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize;
}
