// How the demo page is bundled. The SDK comes from its source (tsconfig.json `paths`), so that no build order matters.

import { cp, mkdir } from 'node:fs/promises';

const root = new URL('..', import.meta.url).pathname;

export const bundle = {
  absWorkingDir: root,
  entryPoints: { demo: 'src/demo.ts' },
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  // Each player is a file of its own, fetched when it is asked for.
  splitting: true,
  chunkNames: '[name]-[hash]',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
};

export async function copyPage() {
  await mkdir(`${root}dist`, { recursive: true });
  for (const name of ['index.html', 'demo.css']) await cp(`${root}src/${name}`, `${root}dist/${name}`);
}
