// The page Health in real Chromium.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerOf } from '../../dev/fixtures.mjs';
import { type Console, chromiumPath, startConsole } from './openConsole.ts';

describe.skipIf(!chromiumPath)('Health', () => {
  let console_: Console;
  let page: Page;
  beforeAll(async () => {
    console_ = await startConsole();
  });
  afterAll(() => console_?.close());
  beforeEach(async () => {
    console_.comeBack();
    page = await console_.open('/health?tenant=default');
    await page.getByRole('region', { name: 'Loss ledger' }).waitFor();
  });
  afterEach(async () => {
    await page.context().close();
    expect(console_.complaints.splice(0)).toEqual([]);
  });

  const text = async (name: string) =>
    (await page.getByRole('region', { name }).innerText()).replace(/\s+/g, ' ');

  test('problems come first, with what to do', async () => {
    const problems = page.getByRole('list', { name: 'Problems' });
    expect(await problems.getByRole('listitem').first().innerText()).toContain('remote_write.queue_max_age');
    expect(await problems.evaluate((list) => list.previousElementSibling?.className)).toBe('page-head');
  });

  test('the ledger is a balance whose difference reads 0', async () => {
    expect(await text('Loss ledger')).toContain('All 49 418 017 49 186 103 201 877 0 0 26 183 3 800 54 0');
    expect(await text('Loss ledger')).toContain('The books balance');
    expect(await text('Loss ledger')).toContain('late 24 102 0.049 %');
  });

  test('a difference is said', async () => {
    const books = answerOf('tenantHealth', {}, new URLSearchParams());
    console_.mood.answers = { tenantHealth: { ...books, difference: 12 } };
    await page.reload();
    await page.getByText('12 on their way; 0 when nothing comes in').waitFor();
  });

  test('budgets are bars with words, the fullest first; what folds is counted', async () => {
    await page.getByRole('img', { name: 'asset_id: 500 of 500' }).waitFor();
    expect(await text('Cardinality')).toMatch(/label sets .* asset_id 500 \/ 500 18 233 ⚠ isp 488/);
    expect(await text('Quotas')).toContain('Sessions open 80.4 % of 5 000');
  });

  test('parts tell their state and their figures, trouble first', async () => {
    const first = page.locator('.part').first();
    expect((await first.innerText()).replace(/\s+/g, ' ')).toMatch(
      /^Remote write ⚠ trouble samples sent 91 234 018/,
    );
    await page.getByText('Off: Edge, OTLP').waitFor();
  });

  test('a key of a tenant sees its books, not the process', async () => {
    const about = answerOf('about', {}, new URLSearchParams());
    console_.mood.answers = {
      about: { ...about, sees: 'tenant', tenants: ['default'] },
      health: { refusal: [403, 'forbidden_path', 'this read key opens less', ''] },
    };
    await page.reload();
    await page.getByText('the process is for the internal token').waitFor();
    await page.getByRole('region', { name: 'Loss ledger' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  test('nothing wrong is said too', async () => {
    const health = answerOf('health', {}, new URLSearchParams());
    console_.mood.answers = { health: { ...health, problems: [] } };
    await page.reload();
    await page.getByText('Nothing is wrong.').waitFor();
  });
});
