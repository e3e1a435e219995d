// Units first, then the pages in real Chromium against fixtures; the latter need a build.
import { defineConfig } from 'vitest/config';

// Times are written in the reader's zone.
process.env.TZ = 'UTC';

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    include: ['test/**/*.test.ts'],
  },
});
