// Bundles the accuracy harness and the witness it puts into pages, and runs it with this command's arguments.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const common = { absWorkingDir: root, bundle: true, logLevel: 'warning' };

const witness = await build({
  ...common,
  entryPoints: ['src/accuracy/witness.ts'],
  format: 'iife',
  target: 'es2022',
  write: false,
});
await build({
  ...common,
  entryPoints: ['src/accuracy/main.ts'],
  outfile: 'dist/accuracy.mjs',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  define: { WITNESS: JSON.stringify(witness.outputFiles[0].text) },
});
await import('../dist/accuracy.mjs');
