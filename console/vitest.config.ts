// Units first, then the pages in real Chromium against fixtures; the latter need a build.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { testTimeout: 30_000, hookTimeout: 30_000, include: ['test/**/*.test.ts'] },
});
