// The prototype's SDK is on no registry, so that its requests are made here as its sources make them: `fetch` with credentials
// from a page of another origin, then `sendBeacon`. Chromium judges the CORS answers.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { type Gateway, startGateway } from '../gateway.ts';
import { until } from '../until.ts';
import { figure } from './figure.ts';
import { type Site, startSite } from './site.ts';

let gateway: Gateway;
let browser: Browser;
let site: Site;

beforeAll(async () => {
  [gateway, browser, site] = await Promise.all([
    startGateway(['serve']),
    launchBrowser(),
    startSite('page/epas.ts', 0),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await site?.stop();
  await gateway?.stop();
});

/** An event with what the SDK puts around it. */
function event(event_type: string, event_time: number, data: object = {}) {
  return {
    event_type,
    event_time,
    viewer_time: event_time,
    org_id: 'org',
    player_id: 'player',
    view_id: '0198c0de-0000-7000-8000-000000000001',
    session_id: '0198c0de-0000-7000-8000-000000000002',
    viewer_id: 'f'.repeat(64),
    env: 'prod',
    device: { category: 'desktop' },
    os: { family: 'Linux' },
    player: { name: 'hlsjs', version: '1.6.2', autoplay: false },
    video: { id: 'film', title: 'A title' },
    data,
  };
}

test('a page that includes its credentials, and its beacon', async () => {
  const page = await browser.newPage();
  await page.goto(site.url);
  const now = Date.now();
  const events = [
    event('manifestload', now - 9000),
    event('viewstart', now - 8900, { preroll_requested: false }),
    event('playing', now - 8000),
    event('stallstart', now - 7999, { buffer_len_ms: 0 }),
    event('canplay', now - 7000),
    event('stallend', now - 6990, { stall_duration: 1009 }),
    event('stallstart', now - 4000, { buffer_len_ms: 0 }),
    event('stallend', now - 2000, { stall_duration: 2000 }),
  ];
  const url = `${gateway.publicUrl}/v2/events`;
  const answer = await page.evaluate(
    async ([url, body]) => {
      const headers = { 'Content-Type': 'application/json', 'X-SDK-Version': '1.0.0' };
      const init = { method: 'POST', credentials: 'include', headers, body, keepalive: true } as const;
      const response = await fetch(`${url}`, init);
      return { status: response.status, body: await response.json() };
    },
    [url, JSON.stringify({ events })],
  );
  expect(answer).toMatchObject({ status: 202, body: { success: true, events_received: events.length } });

  const last = { events: [event('moveaway', now - 100), event('ended', now)] };
  const sent = await page.evaluate(
    ([url, body]) => navigator.sendBeacon(`${url}`, new Blob([`${body}`], { type: 'application/json' })),
    [url, JSON.stringify(last)],
  );
  expect(sent).toBe(true);
  const of = (name: string) => figure(gateway, name, 'asset_id="film"');
  await until('the end', async () =>
    (await of('openqoe_playback_views_ended_total')) === 1 ? true : undefined,
  );
  expect(await of('openqoe_startup_time_seconds_sum')).toBe(1);
  expect(await of('openqoe_playback_rebuffers_total')).toBe(1);
  expect(await of('openqoe_playback_buffer_time_seconds_sum')).toBe(2);
  await page.close();
});
