// What foreign parsers make of the exposition; needs promtool and a Python with prometheus_client.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { testTimeout: 60_000, hookTimeout: 120_000, include: ['src/exposition/*.test.ts'] },
});
