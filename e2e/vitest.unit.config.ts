// What needs no browser: the arithmetic of the harnesses that judge everything else.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'src/accuracy/*.test.ts',
      'src/cost/*.test.ts',
      'src/dashboards/{grafana,import,layout}.test.ts',
    ],
  },
});
