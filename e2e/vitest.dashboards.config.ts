// Every query of every dashboard against a real Prometheus. Rates of a minute need more than a minute of data.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 600_000,
    hookTimeout: 60_000,
    include: ['src/dashboards/dashboards.test.ts'],
  },
});
