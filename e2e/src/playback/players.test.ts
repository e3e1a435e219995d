// The main job, end to end: a real player in real Chromium, a stall of known length, the gateway, real Prometheus; what a
// query answers is compared with what the page itself saw by its frames.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { type Gateway, startGateway } from '../gateway.ts';
import { open, played, seen } from '../page.ts';
import { type Prometheus, startPrometheus } from '../prometheus.ts';
import { until } from '../until.ts';

let gateway: Gateway;
let prometheus: Prometheus;
let browser: Browser;

beforeAll(async () => {
  gateway = await startGateway(['demo', '--no-viewers']);
  prometheus = await startPrometheus(gateway.internalUrl);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await prometheus?.stop();
  await gateway?.stop();
});

describe.each(['hlsjs', 'html5'])('%s', (player) => {
  test('Prometheus answers what the page saw', async () => {
    const page = await browser.newPage();
    await open(page, `${gateway.publicUrl}/demo/?player=${player}&autoplay=1&end=22&scope=e2e-${player}`);
    await played(page, 3);
    await page.evaluate(() => window.openqoeDemo.stallFor(3));

    const asset = `asset_id="demo-${player === 'hlsjs' ? 'ladder' : 'progressive'}"`;
    const qoe = (name: string) => prometheus.value(`sum(${name}{${asset}})`);
    await until(
      'the end of the session in Prometheus',
      async () => ((await qoe('openqoe_playback_views_ended_total')) === 1 ? true : undefined),
      60_000,
    );
    const truth = await seen(page);
    const [startup, watched, playing, rebuffers, stalled] = await Promise.all(
      [
        'openqoe_startup_time_seconds_sum',
        'openqoe_eng_watch_time_seconds_sum',
        'openqoe_playback_playing_seconds_total',
        'openqoe_playback_rebuffers_total',
        'openqoe_playback_buffer_time_seconds_sum',
      ].map(qoe),
    );
    // A busy machine drops frames for a third of a second here and there, which is no rebuffering.
    const stalls = truth.stalls.filter(({ duration_ms }) => duration_ms > 1000);
    const stall = stalls[0]?.duration_ms ?? 0;
    const still = truth.stalls.reduce((sum, { duration_ms }) => sum + duration_ms, 0);
    const moving = truth.playingMs + still - stall;
    const shown = { player, startup, watched, playing, rebuffers, stalled, truth: JSON.stringify(truth) };
    console.table(shown);

    expect(stalls).toHaveLength(1);
    expect(rebuffers).toBe(1);
    expect(Math.abs(stall - 3000)).toBeLessThan(200);
    expect(Math.abs((stalled ?? 0) * 1000 - stall)).toBeLessThan(200);
    expect(Math.abs((startup ?? 0) * 1000 - truth.startupMs)).toBeLessThan(100);
    expect(Math.abs((playing ?? 0) * 1000 - moving)).toBeLessThan(400);
    const expected = truth.startupMs + moving + stall;
    expect(Math.abs((watched ?? 0) * 1000 - expected)).toBeLessThan(500);

    if (player === 'hlsjs') {
      const bytes = await qoe('openqoe_abr_played_bytes_total');
      const bitrate = (8 * bytes) / (await qoe('openqoe_abr_media_seconds_total'));
      console.log(`bitrate ${bitrate.toFixed(0)}, the page saw ${truth.bitrate.toFixed(0)} bit/s`);
      expect(Math.abs(bitrate / truth.bitrate - 1)).toBeLessThan(0.05);
    }
    await page.close();
  });
});

test('a page that is left reports its end by beacon', async () => {
  const page = await browser.newPage();
  await open(page, `${gateway.publicUrl}/demo/?player=hlsjs&autoplay=1&scope=e2e-left`);
  await played(page, 2);
  await page.goto('about:blank');
  const left = 'sum(openqoe_playback_views_ended_total{reason="page_hide"})';
  await until('the page_hide', async () => ((await prometheus.value(left)) === 1 ? true : undefined));
  await page.close();
});

test('an exemplar leads from a bucket to the session', async () => {
  const text = await (await gateway.metrics('application/openmetrics-text;version=1.0.0')).text();
  expect(text).toMatch(/openqoe_startup_time_seconds_bucket\{.*\} \d+ # \{session_id="[0-9a-f-]{36}"\}/);
  expect(text.split('\n').filter((line) => /session_id/.test(line.split(' # ')[0] ?? ''))).toEqual([]);
});
