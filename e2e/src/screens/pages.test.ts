// Takes the pictures of the console that stand in docs/: every page, light, dark and as wide as a phone, of a demo whose fault is on.
// `npm run screens -w e2e`
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { type Gateway, startGateway } from '../gateway.ts';

const FOLDER = join(import.meta.dirname, '../../../docs/images/console');
const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1280, height: 900 },
  { name: 'dark', colorScheme: 'dark', width: 1280, height: 900 },
  { name: 'phone', colorScheme: 'light', width: 390, height: 844 },
] as const;
/** How far into the fault the pictures are taken: the alert is there, and sessions have ended badly. */
const INTO_MS = 75_000;

let gateway: Gateway;
let browser: Browser;

beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true });
  gateway = await startGateway(['demo'], null);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});

test('pictures', async () => {
  const began = await gateway.told(/scheduled fault begins/, 90_000);
  await new Promise((resolve) => setTimeout(resolve, began + INTO_MS - performance.now()));
  const session = await worstSession();
  const paths = {
    live: '/live?tenant=default',
    explore: '/explore?tenant=default&kpi=rebuffer_ratio&by=cdn',
    sessions: '/sessions?tenant=default&sort=badness',
    session: `/sessions/${session}?tenant=default`,
    slos: '/slos?tenant=default',
    health: '/health?tenant=default',
  };
  for (const { name: look, colorScheme, width, height } of LOOKS) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height } });
    const page = await context.newPage();
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(gateway.internalUrl + path);
      await settled(page);
      await page.screenshot({ path: join(FOLDER, `${name}-${look}.png`) });
    }
    await context.close();
  }
}, 400_000);

async function worstSession(): Promise<string> {
  const answer = await fetch(
    `${gateway.internalUrl}/api/v1/tenants/default/sessions?sort=badness&state=ended&limit=1&filter=cdn:edge-b`,
  );
  const { sessions } = (await answer.json()) as { sessions: { session_id: string }[] };
  if (!sessions[0]) throw new Error('no session has ended yet');
  return sessions[0].session_id;
}

/** Streams never end, so the network is never idle: everything asked for has been answered, and is drawn. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('load');
  await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 1500))));
}
