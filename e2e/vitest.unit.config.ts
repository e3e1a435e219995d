// What needs no browser: the arithmetic of the accuracy harness, which judges everything else.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['src/accuracy/*.test.ts'] } });
