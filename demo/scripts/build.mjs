// Builds demo/dist/: index.html, demo.css, demo.js and a file for each player, which the gateway embeds and serves as /demo/.

import { rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { bundle, copyPage } from './bundle.mjs';

await rm(new URL('../dist', import.meta.url), { recursive: true, force: true });
await build(bundle);
await copyPage();
