// Bundles the cost harness and the scripts it puts into pages, and runs it with this command's arguments.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const shared = { absWorkingDir: root, bundle: true, logLevel: 'warning' };

const pages = await build({
  ...shared,
  entryPoints: ['src/cost/page/play.ts', 'src/cost/page/simulate.ts'],
  outdir: 'dist',
  format: 'esm',
  target: 'es2022',
  write: false,
});
const scripts = Object.fromEntries(pages.outputFiles.map(({ path, text }) => [path.split('/').at(-1), text]));
await build({
  ...shared,
  entryPoints: ['src/cost/main.ts'],
  outfile: 'dist/cost.mjs',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  define: { PAGE_SCRIPTS: JSON.stringify(scripts) },
});
await import('../dist/cost.mjs');
