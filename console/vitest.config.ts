// Units first, then the pages in real Chromium against fixtures; the latter need a build. One file at a time, and patience: a busy
// machine is no mistake of the console.
import { defineConfig } from 'vitest/config';

// Times are written in the reader's zone.
process.env.TZ = 'UTC';

export default defineConfig({
  test: {
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    include: ['test/**/*.test.ts'],
  },
});
