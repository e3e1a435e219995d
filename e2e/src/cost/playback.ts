// A page that plays from a real gateway, and the protocol of the browser's tools to watch it by.

import type { Browser, CDPSession, Page } from 'playwright-core';
import type { Gateway } from '../gateway.ts';
import type {} from './page/play.ts';
import type { Site } from './site.ts';

export interface Theatre {
  browser: Browser;
  site: Site;
  gateway: Gateway;
}

export interface Playback {
  page: Page;
  devtools: CDPSession;
  /** Loads the player, plays, and resolves when so many seconds have been shown. */
  play(seconds: number): Promise<void>;
  close(): Promise<void>;
}

let scopes = 0;

export async function openPlayback({ browser, site, gateway }: Theatre, withSdk: boolean): Promise<Playback> {
  scopes += 1;
  const query = new URLSearchParams({ media: `${gateway.publicUrl}/demo/media/cost${scopes}/main.m3u8` });
  if (withSdk) query.set('endpoint', `${gateway.publicUrl}/v1/ingest`);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${site.origin}/play?${query}`);
  await page.waitForFunction(() => window.begin);
  const devtools = await context.newCDPSession(page);
  return {
    page,
    devtools,
    async play(seconds) {
      await page.evaluate(() => window.begin());
      const shown = (seconds: number) => (document.querySelector('video')?.currentTime ?? 0) >= seconds;
      await page.waitForFunction(shown, seconds, { timeout: 60_000, polling: 500 });
    },
    close: () => context.close(),
  };
}
