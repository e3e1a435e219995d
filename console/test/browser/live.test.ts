// The page Live in real Chromium, with a CDN that began to fail six minutes ago.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerOf } from '../../dev/fixtures.mjs';
import { type Console, chromiumPath, startConsole } from './openConsole.ts';

describe.skipIf(!chromiumPath)('Live', () => {
  let console_: Console;
  let page: Page;
  beforeAll(async () => {
    console_ = await startConsole();
  });
  afterAll(() => console_?.close());
  beforeEach(async () => {
    console_.comeBack();
    page = await console_.open('/live?tenant=default');
    await page.getByRole('figure', { name: 'Viewers by phase' }).waitFor();
  });
  afterEach(async () => {
    await page.context().close();
    expect(console_.complaints.splice(0)).toEqual([]);
  });

  const badge = () => page.locator('.page-head [role=status]').innerText();

  test('tiles tell the trailing minute, and which of them are worse than usual', async () => {
    const tiles = page.getByRole('list', { name: /^Figures of the last 1 min/ });
    await tiles.waitFor();
    expect(await tiles.getByRole('listitem').count()).toBe(8);
    const rebuffering = tiles.getByRole('listitem').filter({ hasText: 'Rebuffering ratio' });
    expect((await rebuffering.innerText()).replace(/\s+/g, ' ')).toMatch(
      /^Rebuffering ratio 2\.\d\d % ▲ 8×$/,
    );
  });

  test('what got worse names the CDN first, and leads to Explore with KPI and attribute', async () => {
    const row = page.getByRole('row').filter({ hasText: 'Rebuffering ratio' });
    const first = row.getByRole('listitem').first();
    expect((await first.innerText()).replace(/\s+/g, ' ')).toBe('cdn edge-b 97 %');
    await first.getByRole('link').click();
    await page.locator('nav a[aria-current=page]', { hasText: 'Explore' }).waitFor();
    expect(await page.evaluate(() => location.search)).toBe('?tenant=default&kpi=rebuffer_ratio&by=cdn');
  });

  test('arrow keys go along what got worse, Enter opens', async () => {
    await page.getByRole('link', { name: 'Rebuffering ratio' }).first().focus();
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Failed downloads');
    await page.keyboard.press('End');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Bitrate');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(() => location.search)).toContain('kpi=bitrate');
  });

  test('p shows the query of the number under the focus; Esc closes it and gives the focus back', async () => {
    const figure = page.locator('.tile', { hasText: 'Rebuffering ratio' }).getByRole('button');
    await figure.focus();
    await page.keyboard.press('p');
    const popover = page.getByRole('dialog', { name: 'Query of Prometheus' });
    expect(await popover.locator('pre').innerText()).toContain('openqoe_playback_stalled_seconds_total');
    const link = await popover.getByRole('link', { name: 'Open in Prometheus' }).getAttribute('href');
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:9090\/graph\?g0\.expr=.*stalled/);
    await page.keyboard.press('Escape');
    await popover.waitFor({ state: 'hidden' });
    expect(await figure.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test('charts say in words what they draw, and the arrow keys read them', async () => {
    const chart = page.getByRole('slider', {
      name: /^Startup time\. p50: last \d+ ms, between .* Anomaly of cdn edge-b since/,
    });
    await chart.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await chart.getAttribute('aria-valuetext')).toMatch(/^\d\d:\d\d:\d\d: p50 \d+ ms, p95 4\.\d\d s$/);
    // The other charts follow.
    const other = page.getByRole('figure', { name: 'Rebuffering ratio' }).locator('.chart-time');
    await expect.poll(() => other.innerText()).toMatch(/^\d\d:\d\d:\d\d$/);
  });

  test('the stream moves the numbers', async () => {
    await expect.poll(badge).toContain('Up to date');
    const said = () => page.getByRole('slider', { name: /^Rebuffering/ }).getAttribute('aria-label');
    const before = await said();
    await expect.poll(said, { timeout: 10_000 }).not.toBe(before);
  });

  test('a week is one click away, and in the address', async () => {
    await page.getByRole('button', { name: 'Last 7 days' }).click();
    await expect.poll(() => page.evaluate(() => location.search)).toBe('?tenant=default&span=7d');
    await page.getByRole('slider', { name: /^Bitrate/ }).waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Last hour', pressed: true }).waitFor();
  });

  test('a gateway that goes away is said, with the time of the last word, and comes back by itself', async () => {
    await expect.poll(badge).toContain('Up to date');
    console_.goAway();
    await expect.poll(badge, { timeout: 5000 }).toMatch(/Gateway away, last heard \d+ s ago, trying again/);
    await page.getByText('What is shown is from before.').first().waitFor();
    console_.comeBack();
    await expect.poll(badge, { timeout: 10_000 }).toContain('Up to date');
    await page.getByRole('alert').first().waitFor({ state: 'detached' });
  });

  test('nothing worse and no anomaly is said', async () => {
    console_.mood.answers = {
      worse: { window_s: 300, baseline_s: 3600, changes: [] },
      anomalies: { anomalies: [] },
    };
    await page.reload();
    await page.getByText('Nothing is worse than usual.').waitFor();
    await page.getByText('None.').waitFor();
  });

  test('a gateway that has just started has no history yet', async () => {
    const live = answerOf('live', { tenant: 'default' }, new URLSearchParams());
    console_.mood.answers = { live: { ...live, at_s: [], series: {}, phases: {}, step_s: 600 } };
    await page.reload();
    await page.getByText('No history yet').waitFor();
  });
});
