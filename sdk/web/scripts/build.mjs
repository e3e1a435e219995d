// Builds dist/*.js for browsers and bundlers: one file per entry point, what they share in chunks. The declarations
// come from tsc (see the `build` script).

import { rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { entries, esbuildOptions } from './entries.mjs';

await rm(new URL('../dist', import.meta.url), { recursive: true, force: true });
await build({
  ...esbuildOptions,
  entryPoints: entries,
  outdir: 'dist',
  chunkNames: 'chunk-[hash]',
  splitting: true,
  sourcemap: true,
});
