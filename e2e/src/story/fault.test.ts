// The story the console is for: a CDN breaks, somebody is woken, sees it, finds out where, and looks at one viewer's session. Real
// gateway, real Prometheus and Alertmanager, real Chromium; the viewers and the fault are those of `openqoe demo`.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { type Gateway, startGateway } from '../gateway.ts';
import { until } from '../until.ts';

/** What the issue promises: the fault is seen so soon after it begins. */
const SEEN_MS = 5000;
/** The first fault of the demo's schedule begins a minute after its start and lasts a minute and a half. */
const BEGINS_MS = 90_000;
const LASTS_MS = 90_000;

let gateway: Gateway;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  gateway = await startGateway(['demo'], null);
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${gateway.internalUrl}/live?tenant=default`);
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});

/** The viewers that stand still, as the page says them. */
async function stalled(): Promise<number> {
  const said = await page.locator('[aria-label^="Viewers by phase"]').first().getAttribute('aria-label');
  return Number(/stalled: last (\d+)/.exec(said ?? '')?.[1] ?? 'NaN');
}

test('the scheduled fault is seen, wakes somebody, is traced to its CDN and to a session', async () => {
  const before = watchBefore();
  const began = await gateway.told(/scheduled fault begins/, BEGINS_MS);
  const usual = Math.max(...(await before.end()));

  const seen = await until('more viewers stalled than before', async () =>
    (await stalled()) > usual ? performance.now() - began : undefined,
  );
  console.log(`seen on Live after ${(seen / 1000).toFixed(1)} s (${usual} stalled at most before)`);
  expect(seen).toBeLessThan(SEEN_MS);

  const about = await (await fetch(`${gateway.internalUrl}/api/v1/about`)).json();
  const alert = await until('the alert in Alertmanager', () => firing(about.alertmanager), LASTS_MS);
  console.log(`alert after ${((performance.now() - began) / 1000).toFixed(1)} s: ${JSON.stringify(alert)}`);
  expect(alert).toMatchObject({ slo: 'rebuffer-ratio', severity: 'page', cdn: 'edge-b' });

  // One click: from what got worse to where.
  await page.locator('.worse').getByRole('link', { name: 'Rebuffering ratio' }).first().click();
  const worst = page.locator('.breakdown tbody tr').first();
  await worst.getByRole('link', { name: 'edge-b', exact: true }).waitFor();
  // Two: to the sessions it happened to.
  await worst.getByRole('link', { name: /^Sessions/ }).click();
  // Three: to one of them.
  await page.locator('.session-table').getByRole('link').first().click();
  await page.getByRole('slider', { name: 'Time in the session' }).waitFor();
  expect(await page.locator('.session-attributes').innerText()).toContain('edge-b');
}, 300_000);

/** Notes the stalled viewers of each look, until it is told to end. */
function watchBefore(): { end(): Promise<number[]> } {
  const looks: number[] = [];
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const now = await stalled().catch(() => Number.NaN);
      if (!Number.isNaN(now)) looks.push(now);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  })();
  return {
    async end() {
      isOver = true;
      await watching;
      return looks;
    },
  };
}

async function firing(alertmanager: string): Promise<Record<string, string> | undefined> {
  const alerts = (await (await fetch(`${alertmanager}/api/v2/alerts?active=true`)).json()) as {
    labels: Record<string, string>;
  }[];
  return alerts.map(({ labels }) => labels).find(({ slo }) => slo === 'rebuffer-ratio');
}
