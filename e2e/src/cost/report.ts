// What a person at the terminal sees, and docs/sdk-cost.md.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Check, type Cost, round } from './result.ts';
import { type Table, tables } from './tables.ts';

const ROOT = join(import.meta.dirname, '../..');

export function print(cost: Cost, checks: readonly Check[]): void {
  for (const { title, head, rows } of tables(cost)) {
    const all = [head, ...rows];
    const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
    console.log(`\n${title}`);
    for (const row of all) {
      console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
    }
  }
  console.log(`\n${loads(cost)}\n`);
  for (const { promise, measured, kept } of checks) {
    console.log(`${kept ? 'kept  ' : 'BROKEN'}  ${promise}: ${measured}`);
  }
}

export async function writeDocs(cost: Cost, checks: readonly Check[]): Promise<void> {
  const { cpu, cores, chromium, node, date } = cost.machine;
  const text = [
    await readFile(join(ROOT, 'e2e/src/cost/cost.intro.md'), 'utf8'),
    `## The last run\n`,
    `${date}. Chromium ${chromium}, headless, software rendering, ${cores} cores (${cpu}), Node ${node}. ${loads(cost)}\n`,
    markdown({
      title: '',
      head: ['promise', 'measured', ''],
      rows: checks.map(({ promise, measured, kept }) => [promise, measured, kept ? 'kept' : '**broken**']),
    }),
    ...tables(cost).map((table) => `### ${table.title}\n\n${markdown(table)}`),
  ];
  await writeFile(join(ROOT, 'docs/sdk-cost.md'), `${text.join('\n').trimEnd()}\n`);
}

function markdown({ head, rows }: Table): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return `${[line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')}\n`;
}

/** A machine that does other things measures them too. */
function loads({ load }: Cost): string {
  const parts = Object.entries(load).map(([part, load]) => `${part} ${round(load)}`);
  return `Load of the machine before each part: ${parts.join(', ')}.`;
}
