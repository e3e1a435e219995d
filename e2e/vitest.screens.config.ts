// Pictures for docs/, taken when the console has changed.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { hookTimeout: 60_000, include: ['src/screens/*.test.ts'] },
});
