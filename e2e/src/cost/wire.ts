// What a viewer's hour weighs on the wire, upstream: bodies as they are sent, and the heads Chromium puts before them.

import type { Browser } from 'playwright-core';
import type { Site } from './site.ts';
import { openView } from './view.ts';

export interface Hour {
  segmentSeconds: number;
  requests: number;
  /** Bytes of bodies as sent. */
  body: number;
  /** Bytes of the same bodies, unpacked. */
  text: number;
  /** Bytes of request lines and headers over HTTP/1.1. */
  head: number;
}

/** A film for an hour: a start, two switches and a stall of 3 s. */
export async function measureHour(browser: Browser, site: Site, segmentSeconds: number): Promise<Hour> {
  const query = new URLSearchParams({ endpoint: site.endpoint, segment: `${segmentSeconds}` });
  const view = await openView(browser, `${site.origin}/simulate?${query}`, segmentSeconds);
  site.take();
  await view.watch(15);
  await view.switchLevel();
  await view.watch(15);
  await view.stall(3);
  await view.watch(15);
  await view.switchLevel();
  await view.watch(60 - view.minutes());
  await view.close();
  const received = site.take();
  const sum = (of: 'body' | 'text' | 'head') => received.reduce((sum, one) => sum + one[of], 0);
  return {
    segmentSeconds,
    requests: received.length,
    body: sum('body'),
    text: sum('text'),
    head: sum('head'),
  };
}
