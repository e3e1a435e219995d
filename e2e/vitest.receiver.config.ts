// The OTLP receivers and the SDKs of others; needs Chromium and Prometheus, and for some senders Python and cargo.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { testTimeout: 120_000, hookTimeout: 60_000, include: ['src/receiver/*.test.ts'] },
});
