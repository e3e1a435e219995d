// Hours of viewing in seconds: a page with a stand-in player whose clock is turned by hand.

import type { Browser, Page } from 'playwright-core';
import type {} from './page/simulate.ts';

export interface View {
  page: Page;
  /** Minutes since the view began. */
  minutes(): number;
  /** The player goes on for so many minutes. */
  watch(minutes: number): Promise<void>;
  /** Playback stands for so long. */
  stall(seconds: number): Promise<void>;
  switchLevel(): Promise<void>;
  close(): Promise<void>;
}

const BEGIN = Date.UTC(2030, 0, 1);

export async function openView(browser: Browser, url: string, segmentSeconds: number): Promise<View> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.clock.install({ time: BEGIN });
  await page.goto(url);
  await page.waitForFunction(() => window.view);
  await page.clock.pauseAt(BEGIN + 60_000);
  let elapsed = 0;

  async function pass(seconds: number): Promise<void> {
    await page.clock.runFor(seconds * 1_000);
    await page.evaluate(() => window.view.settled());
    elapsed += seconds;
  }
  async function act(name: 'segment' | 'stall' | 'resume' | 'switch'): Promise<void> {
    await page.evaluate((name) => window.view.act(name), name);
  }

  await page.evaluate(() => window.view.begin());
  return {
    page,
    minutes: () => elapsed / 60,
    async watch(minutes) {
      for (const end = elapsed + minutes * 60; elapsed < end; ) {
        await pass(segmentSeconds);
        await act('segment');
      }
    },
    async stall(seconds) {
      await act('stall');
      await pass(seconds);
      await act('resume');
    },
    switchLevel: () => act('switch'),
    close: () => context.close(),
  };
}
