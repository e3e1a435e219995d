// Measures what a page pays, in gzip bytes of minified bundles, and fails over budget. An adapter is measured without
// what every adapter shares (core and media), as on a page that has them; the last rows are whole pages.

import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { bundle } from './bundle.mjs';
import { entries } from './entries.mjs';

const root = new URL('..', import.meta.url).pathname;
const file = (name) => `export * from './${entries[name]}';`;
const core = `export { OpenQoe } from './${entries.openqoe}';`;
const media = `export * from './src/media/element.js'; export * from './src/media/sample.js';`;
const adapters = Object.keys(entries).filter((name) => entries[name].startsWith('src/adapters/'));
const others = Object.keys(entries).filter((name) => name !== 'openqoe' && !adapters.includes(name));
const pages = {
  core,
  media,
  ...Object.fromEntries([...adapters, ...others].map((name) => [name, file(name)])),
  ...Object.fromEntries(adapters.map((name) => [`core + ${name}`, core + file(name)])),
};

async function measure(name, contents) {
  const plugins = adapters.includes(name) ? [{ name: 'shared', setup: leaveOutMedia }] : [];
  const [{ text }] = await bundle({ stdin: { contents, resolveDir: root }, plugins });
  const code = text.replace(/\n?\/\/# sourceMappingURL.*/, '');
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
