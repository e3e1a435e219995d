// Measures what opening the console costs, in gzip bytes of what Vite built, and fails over budget.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const budgets = JSON.parse(readFileSync(new URL('../size-budget.json', import.meta.url), 'utf8'));
const sizes = {};
for (const name of readdirSync(dist)) {
  const kind = name.split('.').at(-1);
  const { length } = gzipSync(readFileSync(new URL(name, dist)), { level: 9 });
  sizes[kind] = (sizes[kind] ?? 0) + length;
}
const rows = Object.entries(sizes).map(([kind, gzip]) => {
  const budget = budgets[kind];
  if (budget === undefined) throw new Error(`size-budget.json has no budget for "${kind}"`);
  return { kind, gzip, budget, verdict: gzip <= budget ? 'ok' : 'OVER' };
});
console.table(rows);
if (rows.some(({ verdict }) => verdict === 'OVER')) process.exitCode = 1;
