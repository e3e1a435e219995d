// Measures in gzip bytes what opening the console costs (the page and what it names), and all there is, which follows when a page
// is asked for or nothing else is to be done. Fails over budget.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const budgets = JSON.parse(readFileSync(new URL('../size-budget.json', import.meta.url), 'utf8'));
const packed = (name) => gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length;
const sum = (names) => names.reduce((total, name) => total + packed(name), 0);

const page = readFileSync(new URL('index.html', dist), 'utf8');
const all = readdirSync(dist);
const sizes = {
  opening: sum(all.filter((name) => name === 'index.html' || page.includes(`/assets/${name}`))),
  everything: sum(all),
};
const rows = Object.entries(sizes).map(([what, gzip]) => {
  const budget = budgets[what];
  return { what, gzip, budget, verdict: gzip <= budget ? 'ok' : 'OVER' };
});
console.table(rows);
if (rows.some(({ verdict }) => verdict === 'OVER')) process.exitCode = 1;
