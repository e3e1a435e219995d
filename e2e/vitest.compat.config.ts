// SDKs of others, as they are, in a real browser.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    include: ['src/compat/*.test.ts'],
  },
});
