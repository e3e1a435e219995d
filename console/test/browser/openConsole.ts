// The console in real Chromium, on fixtures; what it must never do fails the test whatever else it is about.
import { accessSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { serve } from '../../dev/serve.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where Chromium is; without it these tests are skipped, and say so. */
export const chromiumPath = findChromium();
if (!chromiumPath)
  console.warn('SKIPPED: console in Chromium: install Chromium so that `chromium` is on the PATH');

export interface Console {
  url: string;
  /** Opens an address of the console, such as `/slos?tenant=default`. */
  open(address: string, options?: BrowserContextOptions): Promise<Page>;
  /** What went wrong in any page so far: errors, refused policies, requests to others. */
  complaints: string[];
  /** Answers to give instead of the fixtures, by operation. */
  mood: { answers: Record<string, unknown> };
  /** The gateway answers 503 and ends its streams. */
  goAway(): void;
  /** And is itself again. */
  comeBack(): void;
  close(): Promise<void>;
}

/** Starts a gateway of fixtures and a browser. */
export async function startConsole(): Promise<Console> {
  const { url, mood, goAway, comeBack, close } = await serve();
  const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
  const browser = await chromium.launch({ executablePath: chromiumPath ?? '', args });
  const complaints: string[] = [];
  return {
    url,
    mood,
    goAway,
    comeBack,
    complaints,
    open: (address, options) => open(browser, url, address, complaints, options),
    async close() {
      await browser.close();
      await close();
    },
  };
}

async function open(
  browser: Browser,
  url: string,
  address: string,
  complaints: string[],
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // What the fixtures refuse is refused on purpose; policies and exceptions are not.
    const isRefusal = /Failed to load resource/.test(message.text());
    if (message.type() === 'error' && !isRefusal) complaints.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`a request to ${request.url()}`);
  });
  await page.goto(`${url}${address}`);
  return page;
}

function findChromium(): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter))
    for (const name of NAMES) {
      const path = join(folder, name);
      try {
        accessSync(path);
        return path;
      } catch {
        // not there: the next one
      }
    }
  return undefined;
}
