// What every page has, in real Chromium: keys, themes, tenants, deep links, and the gateway going away and coming back.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Console, chromiumPath, startConsole } from './openConsole.ts';

describe.skipIf(!chromiumPath)('the shell', () => {
  let console_: Console;
  let page: Page;
  beforeAll(async () => {
    console_ = await startConsole();
  });
  afterAll(() => console_?.close());
  beforeEach(async () => {
    console_.comeBack();
    page = await console_.open('/?tenant=northwind');
    await page.getByRole('navigation').waitFor();
  });
  afterEach(async () => {
    await page.context().close();
    expect(console_.complaints.splice(0)).toEqual([]);
  });

  const current = (name: string) => page.locator('nav a[aria-current=page]', { hasText: name });
  const path = () => page.evaluate(() => location.pathname + location.search);

  test('g and a letter go to the pages, and the tenant goes along', async () => {
    for (const [letter, name] of [
      ['e', 'Explore'],
      ['s', 'Sessions'],
      ['o', 'SLOs'],
      ['h', 'Health'],
      ['l', 'Live'],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(letter);
      await current(name).waitFor();
      expect(await path()).toBe(`/${name.toLowerCase()}?tenant=northwind`);
      expect(await page.title()).toBe(`${name} · OpenQoE`);
    }
    await page.goBack();
    await current('Health').waitFor();
  });

  test('? opens the keys, Esc closes them', async () => {
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' });
  });

  test('t chooses the tenant, in the address too', async () => {
    await page.keyboard.press('t');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('tenant');
    await page.getByLabel('Tenant').selectOption('default');
    await expect.poll(path).toBe('/live?tenant=default');
  });

  test('the theme follows the system until the reader chooses, and the choice stays', async () => {
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.getByRole('button', { name: /^Theme/ }).click();
    expect(await background()).toBe(light);
    await page.reload();
    await page.getByRole('button', { name: /^Theme: Light/ }).waitFor();
    expect(await background()).toBe(light);
  });

  test('an address that is no page, and a tenant that is none, are said', async () => {
    await page.goto(`${console_.url}/nowhere?tenant=default`);
    await page.getByText('No such page').waitFor();
    await page.goto(`${console_.url}/live?tenant=nobody`);
    await page.getByText('No tenant “nobody”.').waitFor();
  });

  test('a gateway that is away is asked again until it is back', async () => {
    console_.goAway();
    await page.reload();
    await page.getByRole('alert').getByText('The journal is being replayed.').first().waitFor();
    console_.comeBack();
    await page.getByLabel('Tenant').waitFor();
    await page.getByRole('alert').waitFor({ state: 'hidden' });
  });
});
