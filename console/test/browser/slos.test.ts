// The page SLOs in real Chromium.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Console, chromiumPath, startConsole } from './openConsole.ts';

describe.skipIf(!chromiumPath)('SLOs', () => {
  let console_: Console;
  let page: Page;
  beforeAll(async () => {
    console_ = await startConsole();
  });
  afterAll(() => console_?.close());
  beforeEach(async () => {
    console_.comeBack();
    page = await console_.open('/slos?tenant=default');
    await page.getByRole('region', { name: 'Playback failures' }).waitFor();
  });
  afterEach(async () => {
    await page.context().close();
    expect(console_.complaints.splice(0)).toEqual([]);
  });

  test('the worst objective comes first, with budget, burn and alerts in words', async () => {
    const first = page.getByRole('region').first();
    expect((await first.innerText()).replace(/\s+/g, ' ')).toMatch(
      /^Playback failures 99\.5 % over 30 d At least/,
    );
    const row = first.getByRole('row').filter({ hasText: 'edge-b' });
    expect((await row.innerText()).replace(/\s+/g, ' ')).toMatch(
      /edge-b ▲ Firing −24\.0 % 0\.62 % 22\.4× .* 19\.8× .* ▲ page 14\.4× firing since \d\d:\d\d:\d\d/,
    );
    await row.getByRole('img', { name: 'Error budget spent, and 24.0 % of it over' }).waitFor();
  });

  test('rows lead to Explore with KPI, attribute and filter; the runbook opens elsewhere', async () => {
    const first = page.getByRole('region').first();
    expect(await first.getByRole('link', { name: 'edge-b' }).getAttribute('href')).toBe(
      '/explore?tenant=default&kpi=playback_failure_ratio&by=cdn&filter=cdn%3Aedge-b',
    );
    expect(await first.getByRole('link', { name: 'Runbook' }).getAttribute('target')).toBe('_blank');
  });

  test('every number has its query', async () => {
    await page.getByRole('button', { name: '22.4×' }).click();
    const popover = page.getByRole('dialog', { name: 'Query of Prometheus' });
    expect(await popover.innerText()).toContain('slo:sli_error:ratio_rate5m{slo="playback-failure"');
  });

  test('/ searches, in the address too', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('startup');
    await expect.poll(() => page.getByRole('region').count()).toBe(1);
    expect(await page.evaluate(() => location.search)).toBe('?tenant=default&q=startup');
    await page.keyboard.type(' nothing');
    await page.getByText('No objective matches “startup nothing”').waitFor();
  });

  test('what needs attention can be had alone', async () => {
    await page.getByRole('button', { name: 'Needs attention' }).click();
    await expect.poll(() => page.getByRole('region').count()).toBe(2);
    expect(await page.getByRole('link', { name: 'edge-a' }).count()).toBe(0);
  });

  test('a window not lived through yet is said', async () => {
    await page.getByText('of 19 d known').first().waitFor();
  });

  test('no objectives at all is said, with what to do', async () => {
    console_.mood.answers = { slos: { slos: [], source: 'built-in' } };
    await page.reload();
    await page.getByText('No objectives', { exact: true }).waitFor();
  });

  test('a refusal is shown with its hint', async () => {
    console_.mood.answers = { slos: { refusal: [404, 'no_objectives', 'there are none', 'set `slo.dir`'] } };
    await page.reload();
    await page.getByRole('alert').getByText('there are none').waitFor();
    await page.getByRole('alert').getByText('set slo.dir').waitFor();
  });
});
