// `node console/dev/screenshots.mjs FOLDER [ADDRESS...]`: each address in light, dark and phone width, to be looked at. Talks to the
// gateway of OPENQOE_GATEWAY, or to fixtures over what Vite built.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

const LOOKS = {
  light: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light', deviceScaleFactor: 2 },
};
/** Long enough for the first answers, points and charts. */
const SETTLE_MS = 2500;

const [folder = 'screenshots', ...given] = process.argv.slice(2);
const addresses = given.length > 0 ? given : ['/live', '/slos', '/health'];
const fixtures = process.env.OPENQOE_GATEWAY ? undefined : await serve();
const base = process.env.OPENQOE_GATEWAY ?? fixtures.url;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
mkdirSync(folder, { recursive: true });
for (const [look, options] of Object.entries(LOOKS)) {
  const page = await (await browser.newContext(options)).newPage();
  page.on('console', (message) => message.type() === 'error' && console.error(message.text()));
  for (const address of addresses) {
    await page.goto(base + address);
    await page.waitForTimeout(SETTLE_MS);
    const name = address.split('?')[0].split('/')[1] || 'live';
    await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true });
  }
}
await browser.close();
await fixtures?.close();
