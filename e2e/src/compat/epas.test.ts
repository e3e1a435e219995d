// Eyevinn's web SDK, unmodified, from npm, in a page of another origin: what it reports of a real video is what the page saw.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { type Gateway, startGateway } from '../gateway.ts';
import { until } from '../until.ts';
import { figure } from './figure.ts';
import { type Site, startSite } from './site.ts';

/** About a third of the video. */
const HELD = 500_000;
/** Seconds. Events carry whole milliseconds of the wall clock; a busy machine delays them. */
const TOLERANCE = 0.25;

let gateway: Gateway;
let browser: Browser;
let site: Site;

beforeAll(async () => {
  [gateway, browser, site] = await Promise.all([
    startGateway(['serve']),
    launchBrowser(),
    startSite('page/epas.ts', HELD),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await site?.stop();
  await gateway?.stop();
});

test('startup, stalls, seeks and the end', async () => {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (line) => {
    if (line.type() === 'error' && !line.text().includes('favicon')) problems.push(line.text());
  });
  const statuses: number[] = [];
  page.on('response', (response) => {
    if (response.request().method() === 'POST') statuses.push(response.status());
  });
  await page.goto(site.url);
  const watch = ([eventsink, media]: string[]) => window.watch(`${eventsink}/epas/`, 'epas-1', `${media}`);
  await page.evaluate(watch, [gateway.publicUrl, `${site.url}/video.mp4`]);

  const stalled = () => figure(gateway, 'openqoe_playback_active_sessions', 'phase="stalled"');
  await until('the stall', async () => ((await stalled()) === 1 ? true : undefined), 60_000);
  await page.waitForTimeout(1500);
  site.release();
  await page.waitForFunction(() => window.seen.stalls.length === 1, undefined, { timeout: 30_000 });
  await page.evaluate(() => {
    const video = document.querySelector('video') as HTMLVideoElement;
    video.currentTime = video.duration - 3;
  });
  const finished = () => figure(gateway, 'openqoe_playback_views_ended_total', 'reason="finished"');
  await until('the end', async () => ((await finished()) === 1 ? true : undefined), 60_000);

  const seen = await page.evaluate(() => window.seen);
  const of = (name: string) => figure(gateway, name, 'asset_id="progressive"');
  const told = {
    startup: await of('openqoe_startup_time_seconds_sum'),
    rebuffers: await of('openqoe_playback_rebuffers_total'),
    stalled: await of('openqoe_playback_buffer_time_seconds_sum'),
    seek: await of('openqoe_playback_seek_latency_seconds_sum'),
    bits: (8 * (await of('openqoe_abr_played_bytes_total'))) / (await of('openqoe_abr_media_seconds_total')),
  };
  console.table({ ...told, seen: JSON.stringify(seen), answers: statuses.length });
  expect(Math.abs(told.startup - seen.startup)).toBeLessThan(TOLERANCE);
  expect(told.rebuffers).toBe(1);
  expect(Math.abs(told.stalled - (seen.stalls[0] ?? 0))).toBeLessThan(TOLERANCE);
  expect(seen.seeks).toHaveLength(1);
  expect(Math.abs(told.seek - (seen.seeks[0] ?? 0))).toBeLessThan(TOLERANCE);
  expect(told.bits).toBeCloseTo(600_000, 0);
  // init, metadata, loading, loaded, bitrate, playing, a stall's two, a seek's two, the stop, and heartbeats.
  expect(statuses.length).toBeGreaterThan(11);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(problems).toEqual([]);
  await page.close();
});
