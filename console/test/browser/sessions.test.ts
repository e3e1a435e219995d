// The list of sessions in real Chromium: found, ordered, paged, opened.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Console, chromiumPath, startConsole } from './openConsole.ts';

describe.skipIf(!chromiumPath)('Sessions', () => {
  let console_: Console;
  let page: Page;
  beforeAll(async () => {
    console_ = await startConsole();
  });
  afterAll(() => console_?.close());
  afterEach(async () => {
    await page.context().close();
    expect(console_.complaints.splice(0)).toEqual([]);
  });

  const rows = () => page.locator('.session-table tbody tr');
  const badness = () => page.locator('.session-table .badness b').allInnerTexts();

  test('the worst come first when asked to, and the URL says so', async () => {
    page = await console_.open('/sessions?tenant=default');
    await rows().first().waitFor();
    await page.locator('[data-sort]').selectOption('badness');
    await expect.poll(async () => (await badness()).slice(0, 3)).toEqual(['100', '100', '100']);
    const all = (await badness()).map(Number);
    expect(all).toEqual([...all].sort((a, b) => b - a));
    expect(new URL(page.url()).searchParams.get('sort')).toBe('badness');
  });

  test('down and Enter open one', async () => {
    page = await console_.open('/sessions?tenant=default&sort=badness&filter=cdn:edge-b');
    await rows().first().getByRole('link').focus();
    await page.keyboard.press('ArrowDown');
    const id = await page.evaluate(() => document.activeElement?.getAttribute('title'));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: `Session ${id}` }).waitFor();
    await page.goBack();
    await rows().first().waitFor();
  });

  test('the slash searches by the beginning of an id', async () => {
    page = await console_.open('/sessions?tenant=default');
    const id = (await rows().nth(5).getByRole('link').getAttribute('title')) ?? '';
    await page.keyboard.press('/');
    await page.keyboard.type(id.slice(0, 7));
    await expect.poll(() => rows().count()).toBe(1);
    expect(await rows().getByRole('link').getAttribute('title')).toBe(id);
    expect(new URL(page.url()).searchParams.get('q')).toBe(id.slice(0, 7));
  });

  test('live ones are marked and can be had alone', async () => {
    page = await console_.open('/sessions?tenant=default');
    await page.getByRole('button', { name: '● Live' }).click();
    await expect
      .poll(async () => (await rows().count()) - (await rows().getByText('● live').count()))
      .toBe(0);
    expect(await rows().count()).toBeGreaterThan(10);
  });

  test('pages follow each other, and back goes back', async () => {
    page = await console_.open('/sessions?tenant=default&range=24h');
    const first = await rows().first().getByRole('link').getAttribute('title');
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByText('a later page').waitFor();
    expect(await rows().first().getByRole('link').getAttribute('title')).not.toBe(first);
    await page.getByRole('link', { name: 'First page' }).click();
    await expect.poll(() => rows().first().getByRole('link').getAttribute('title')).toBe(first);
  });

  test('no match is said, with what may help', async () => {
    page = await console_.open('/sessions?tenant=default&filter=cdn:nobody');
    await page.getByText('No session matches.').waitFor();
  });

  test('a gateway without a data directory says that it keeps none', async () => {
    page = await console_.open('/sessions?tenant=default');
    const about = await page.evaluate(() => fetch('/api/v1/about').then((answer) => answer.json()));
    console_.mood.answers = { about: { ...about, keeps_sessions: false } };
    await page.reload();
    await page.getByText('This gateway keeps no sessions.').waitFor();
    console_.mood.answers = {};
  });

  test('is a list of cards on a phone', async () => {
    page = await console_.open('/sessions?tenant=default&sort=badness', {
      viewport: { width: 390, height: 844 },
    });
    await rows().first().waitFor();
    expect(
      await rows()
        .first()
        .evaluate((row) => getComputedStyle(row).display),
    ).toBe('grid');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});
