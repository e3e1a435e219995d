// A measurement, not a test: prints figures and asserts nothing about time.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { testTimeout: 120_000, include: ['src/latency/*.test.ts'] } });
