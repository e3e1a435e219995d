// Measures what a page pays, in gzip bytes of minified bundles, and fails over budget. An adapter is measured without
// what every adapter shares (core and media), as on a page that has them; the last rows are whole pages.

import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { entries, esbuildOptions } from './entries.mjs';

const core = `export { OpenQoe } from './${entries.openqoe}';`;
const adapter = (name) => `export { ${name} } from './${entries[name]}';`;
const pages = {
  core,
  media: `export * from './src/media/element.js'; export * from './src/media/sample.js';`,
  html5: adapter('html5'),
  hlsjs: adapter('hlsjs'),
  'core + html5': core + adapter('html5'),
  'core + hlsjs': core + adapter('hlsjs'),
};

async function measure(name, contents) {
  const stdin = { contents, resolveDir: esbuildOptions.absWorkingDir };
  const alone = name === 'html5' || name === 'hlsjs';
  const plugins = alone ? [{ name: 'shared', setup: leaveOutMedia }] : [];
  const { outputFiles } = await build({ ...esbuildOptions, stdin, plugins, write: false });
  const [{ contents: code }] = outputFiles;
  return { min: code.length, gzip: gzipSync(code, { level: 9 }).length };
}

function leaveOutMedia({ onResolve }) {
  onResolve({ filter: /\/media\// }, ({ path }) => ({ path, external: true }));
}

const budgets = JSON.parse(await readFile(new URL('../size-budget.json', import.meta.url), 'utf8'));
const rows = {};
for (const [name, contents] of Object.entries(pages)) {
  const budget = budgets[name];
  if (budget === undefined) throw new Error(`size-budget.json has no budget for "${name}"`);
  const size = await measure(name, contents);
  rows[name] = { ...size, budget, verdict: size.gzip <= budget ? 'ok' : 'OVER' };
}
console.table(rows);
if (Object.values(rows).some(({ verdict }) => verdict === 'OVER')) process.exitCode = 1;
