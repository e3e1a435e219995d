// Builds dist/*.js for browsers and bundlers: one file per entry point, what they share in chunks. The declarations
// come from tsc (see the `build` script).

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { bundle } from './bundle.mjs';
import { entries } from './entries.mjs';

const dist = new URL('../dist', import.meta.url);
await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const files = await bundle({ entryPoints: entries, chunkNames: 'chunk-[hash]', splitting: true });
for (const { path, text, map } of files) {
  await writeFile(path, text);
  await writeFile(`${path}.map`, map);
}
