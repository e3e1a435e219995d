// Real Chromium, headless, told to keep to itself.
import { accessSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type LaunchOptions } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** `autoplay` as Chromium's `--autoplay-policy` has it. */
export function launchBrowser(
  autoplay = 'no-user-gesture-required',
  options: LaunchOptions = {},
): Promise<Browser> {
  return chromium.launch({
    ...options,
    executablePath: find(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--autoplay-policy=${autoplay}`,
    ],
  });
}

function find(): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      try {
        accessSync(path);
        return path;
      } catch {
        // not there: the next one
      }
    }
  }
  throw new Error('no Chromium on the PATH');
}
