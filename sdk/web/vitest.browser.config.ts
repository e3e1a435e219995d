// What only a browser has: IndexedDB, Web Locks, the back/forward cache, beacons. Needs a build and Chromium.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { testTimeout: 60_000, hookTimeout: 60_000, include: ['test-browser/*.browser.ts'] },
});
