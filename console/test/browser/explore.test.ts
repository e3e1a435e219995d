// Explore in real Chromium: what got worse, where, and on to the sessions it happened to.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Console, chromiumPath, startConsole } from './openConsole.ts';

describe.skipIf(!chromiumPath)('Explore', () => {
  let console_: Console;
  let page: Page;
  beforeAll(async () => {
    console_ = await startConsole();
  });
  afterAll(() => console_?.close());
  beforeEach(() => Object.assign(console_.mood, { isAway: false, answers: {} }));
  afterEach(async () => {
    await page.context().close();
    expect(console_.complaints.splice(0)).toEqual([]);
  });

  const query = () =>
    page.evaluate(() => [...new URLSearchParams(location.search)].map((pair) => pair.join('=')));
  const rows = () => page.locator('.breakdown tbody tr');
  const nobodyOverflows = () =>
    page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);

  test('three clicks lead from Live to the timeline of a broken session', async () => {
    page = await console_.open('/live?tenant=default');
    await page.locator('.worse').getByRole('link', { name: 'Rebuffering ratio' }).first().click();
    const worst = rows().first();
    await worst.getByRole('link', { name: 'edge-b', exact: true }).waitFor();
    await worst.getByRole('link', { name: /^Sessions/ }).click();
    await page.locator('.session-table').getByRole('link').first().click();
    await page.getByRole('slider', { name: 'Time in the session' }).waitFor();
    expect(await page.locator('.session-attributes').innerText()).toContain('edge-b');
  });

  test('what got worse is named with its first contributor', async () => {
    page = await console_.open('/explore?tenant=default');
    const worse = page.getByRole('region', { name: 'What got worse' });
    await worse.getByText('0.31 % → 2.47 %').first().waitFor();
    expect(await worse.getByRole('listitem').first().innerText()).toContain('97 % of it is cdn=edge-b');
    await page.getByRole('region', { name: 'Anomalies' }).getByText('● now').first().waitFor();
  });

  test('a value becomes a filter and the next attribute is broken down', async () => {
    page = await console_.open('/explore?tenant=default&kpi=startup_p95&by=cdn&range=15m');
    await page.getByRole('link', { name: 'edge-b', exact: true }).click();
    await page.getByRole('heading', { name: 'Startup time p95 by edge_pop' }).waitFor();
    expect(await query()).toEqual([
      'tenant=default',
      'kpi=startup_p95',
      'by=edge_pop',
      'filter=cdn:edge-b',
      'range=15m',
    ]);
    expect(await page.getByRole('list', { name: 'Filters' }).innerText()).toContain('cdn = edge-b');
    await page.goBack();
    await page.getByRole('heading', { name: 'Startup time p95 by cdn' }).waitFor();
  });

  test('filters are picked out of what is reported, turned round and removed', async () => {
    page = await console_.open('/explore?tenant=default&by=device_type');
    await page.getByRole('button', { name: '+ Filter' }).click();
    await page.getByLabel('Attribute').selectOption('country');
    await page.getByRole('textbox', { name: 'Value' }).fill('d');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'country = DE', exact: true }).click();
    await page.getByRole('button', { name: 'country ≠ DE', exact: true }).waitFor();
    expect(await query()).toContain('filter=!country:DE');
    await page.getByRole('button', { name: 'Remove country ≠ DE' }).click();
    await expect.poll(query).not.toContain('filter=!country:DE');
  });

  test('every number says its query, also on p', async () => {
    page = await console_.open('/explore?tenant=default');
    await rows().first().getByRole('button').focus();
    await page.keyboard.press('p');
    const shown = page.getByRole('dialog', { name: 'Query of Prometheus' });
    await shown.waitFor();
    expect(await shown.innerText()).toContain('cdn="edge-b"');
    await page.keyboard.press('Escape');
    await shown.waitFor({ state: 'hidden' });
  });

  test('arrows go along the rows', async () => {
    page = await console_.open('/explore?tenant=default');
    await rows().first().getByRole('link').first().focus();
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate(() => document.activeElement?.closest('tr')?.rowIndex)).toBe(2);
  });

  test('two variants are compared, in words that do not say more than is known', async () => {
    page = await console_.open('/explore?tenant=default&mode=compare');
    await page.getByText('Choose what to compare.').waitFor();
    await page.getByLabel('Variant A').selectOption('control');
    await page.getByLabel('Variant B').selectOption('buffer-15s');
    const bitrate = page.locator('.comparison tr', { hasText: 'Bitrate' });
    await bitrate.getByText(/No difference can be told|B is (better|worse)/).waitFor();
    expect(await query()).toEqual([
      'tenant=default',
      'mode=compare',
      'a=experiment_variant:control',
      'b=experiment_variant:buffer-15s',
    ]);
    await page.goto(`${console_.url}/explore?tenant=default&mode=compare&a=cdn:edge-a&b=cdn:edge-b`);
    const rebuffering = page.locator('.comparison tr', { hasText: 'Rebuffering ratio' });
    await rebuffering.getByText(/^B is worse: higher by .* pp to .* pp$/).waitFor();
  });

  test('a refusal is shown with its hint, an empty answer says so', async () => {
    Object.assign(console_.mood.answers, {
      explore: { refusal: [400, 'bad_request', 'no attribute `cnd`', 'did you mean `cdn`?'] },
    });
    page = await console_.open('/explore?tenant=default');
    await page.getByRole('alert').getByText('did you mean').waitFor();
    Object.assign(console_.mood, { answers: {} });
    await page.goto(`${console_.url}/explore?tenant=default&filter=cdn:nobody`);
    await page.getByText('No session in this range matches.').waitFor();
  });

  test('fits a phone', async () => {
    page = await console_.open('/explore?tenant=default', { viewport: { width: 390, height: 844 } });
    await rows().first().waitFor();
    expect(await nobodyOverflows()).toBe(true);
    await page.goto(`${console_.url}/explore?tenant=default&mode=compare&a=cdn:edge-a&b=cdn:edge-b`);
    await page.locator('.comparison tbody tr').first().waitFor();
    expect(await nobodyOverflows()).toBe(true);
  });
});
