// The demo's first scheduled fault, from its beginning to a viewer's session: minutes, not seconds.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { hookTimeout: 60_000, include: ['src/story/*.test.ts'], disableConsoleIntercept: true },
});
