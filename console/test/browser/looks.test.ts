// Every page in every look: light and dark, desk and phone. Nothing without a name, nothing wider than the window, no request to
// anybody else, no complaint of the browser.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findUnlabelled, overflowOf } from './findUnlabelled.ts';
import { type Console, chromiumPath, startConsole } from './openConsole.ts';

const PAGES = [
  ['/live', 'Live latency'],
  ['/live?span=7d', 'Live latency'],
  ['/slos', 'Ad failures'],
  ['/health', 'Cardinality'],
] as const;
const LOOKS = [
  { name: 'light', viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  { name: 'dark', viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  { name: 'phone', viewport: { width: 390, height: 844 }, colorScheme: 'light', hasTouch: true },
] as const;

describe.skipIf(!chromiumPath)('looks', () => {
  let console_: Console;
  beforeAll(async () => {
    console_ = await startConsole();
  });
  afterAll(() => console_?.close());

  for (const { name, ...look } of LOOKS)
    test.each(PAGES)(`${name}: %s`, async (address, last) => {
      const page = await console_.open(address, look);
      await page.getByRole('heading', { name: last }).waitFor();
      expect(await findUnlabelled(page)).toEqual([]);
      expect(await overflowOf(page)).toBe(0);
      await page.context().close();
      expect(console_.complaints.splice(0)).toEqual([]);
    });
});
