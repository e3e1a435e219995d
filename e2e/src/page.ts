// The demo page as a test sees it: its own truth, and what it did.
import type { Page } from 'playwright-core';
import { until } from './until.ts';

/** What the page saw by its frames, and the time-weighted bitrate of those frames. */
export interface Seen {
  startupMs: number;
  stalls: { start_ms: number; duration_ms: number }[];
  playingMs: number;
  bitrate: number;
}

declare global {
  interface Window {
    openqoeDemo: {
      sessionId: string;
      /** The session the player reports by itself, if it does. */
      readonly cmcdSessionId?: string;
      truth: {
        startup_ms: number | null;
        stalls: { start_ms: number; duration_ms: number }[];
        playing_ms: number;
        bitrate: number | null;
        errors: string[];
      };
      video: HTMLVideoElement;
      qoe: { endSession(reason: 'stopped'): void };
      play(): Promise<void>;
      pause(): void;
      seek(seconds: number): void;
      rate(rate: number): void;
      /** Gives the same player other content; returns the id of the session that begins. */
      change(asset: 'ladder' | 'missing'): string;
      stallFor(seconds: number): Promise<void>;
    };
    bitSeconds: number;
  }
}

/** Opens the page and begins to weigh the bitrate of the frames it shows. */
export async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.waitForFunction(() => window.openqoeDemo?.truth);
  await page.evaluate(() => {
    const { truth } = window.openqoeDemo;
    let [played, bitrate] = [0, truth.bitrate ?? 0];
    window.bitSeconds = 0;
    const weigh = () => {
      window.bitSeconds += ((truth.playing_ms - played) / 1000) * bitrate;
      [played, bitrate] = [truth.playing_ms, truth.bitrate ?? 0];
      requestAnimationFrame(weigh);
    };
    weigh();
  });
}

/** Waits for so many seconds of media on the screen. */
export async function played(page: Page, seconds: number): Promise<void> {
  const done = (seconds: number) => window.openqoeDemo.video.currentTime >= seconds;
  await page.waitForFunction(done, seconds, { timeout: 60_000 });
}

/** What the page has seen by now. */
export async function seen(page: Page): Promise<Seen> {
  return until('the first frame', () =>
    page.evaluate(() => {
      const { truth } = window.openqoeDemo;
      if (truth.startup_ms === null) return undefined;
      return {
        startupMs: truth.startup_ms,
        stalls: truth.stalls,
        playingMs: truth.playing_ms,
        bitrate: window.bitSeconds / (truth.playing_ms / 1000),
      };
    }),
  );
}
