// What a receiver of another project makes of the traces and logs; needs a Python with oteltap.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { testTimeout: 60_000, hookTimeout: 150_000, include: ['src/otlp/*.test.ts'] },
});
