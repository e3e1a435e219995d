// Writes docs/accuracy.md and its picture from the results of a whole run.

import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { errorOf, type Figure, isWithin, type Kpi, TOLERANCE } from './compare.ts';
import { whyNot } from './exceptions.ts';
import { plot } from './plot.ts';
import { summarise, tell } from './report.ts';
import type { Result } from './run.ts';
import { PLAYERS, type Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const ROOT = join(import.meta.dirname, '../..');
const SHOWN: readonly Kpi[] = [
  'startup_seconds',
  'stall_count',
  'stalled_seconds',
  'playing_seconds',
  'watch_seconds',
  'seeking_seconds',
  'switches',
  'view_end',
];

export async function writeDocs(results: readonly Result[], chromium: string): Promise<void> {
  const text = [
    await readFile(join(ROOT, 'e2e/src/accuracy/accuracy.intro.md'), 'utf8'),
    `## The last run\n\n${setting(results, chromium)}\n\n![Errors by figure and player](accuracy.svg)\n`,
    `${summary(results)}\n`,
    impossible(results),
    twice(results),
    `## Every scenario\n\nTruth / measured, seconds; **bold** where it is off by more than it may be.\n`,
    ...SCENARIOS.map((scenario) => section(scenario, results)),
  ];
  await writeFile(join(ROOT, 'docs/accuracy.md'), `${text.join('\n').trimEnd()}\n`);
  await writeFile(join(ROOT, 'docs/accuracy.svg'), plot(results));
}

function setting(results: readonly Result[], chromium: string): string {
  const [cpu] = cpus();
  const players = [...new Set(results.flatMap(({ version }) => version ?? []))].sort().join(', ');
  const figures = results.flatMap((result) => result.figures).length;
  return (
    `${results.length} views, ${figures} figures. Chromium ${chromium}, headless, software rendering, ` +
    `${cpus().length} cores (${cpu?.model.trim()}), Node ${process.versions.node}; ${players}. Made by ` +
    '`cargo xtask accuracy --write-docs`.'
  );
}

function summary(results: readonly Result[]): string {
  const rows = summarise(results).map(({ kpi, count, median, p95, max, off }) => {
    const numbers = [count, median.toFixed(3), p95.toFixed(3), max.toFixed(3), limit(kpi), off];
    return `| ${kpi} | ${numbers.join(' | ')} |`;
  });
  return [
    '| figure | views | median error | p95 | max | may be | off |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function limit(kpi: Kpi): string {
  const { absolute, share, p95 } = TOLERANCE[kpi];
  if (p95) return `${absolute}, p95 ${p95}`;
  return share ? `${share * 100} % or ${absolute}` : absolute ? `${absolute}` : 'exact';
}

/** What a player makes impossible, and why. */
function impossible(results: readonly Result[]): string {
  const seen = new Map<string, string>();
  for (const result of results) {
    for (const figure of result.figures) {
      const why = isWithin(figure) ? undefined : whyNot(result, figure);
      if (why) seen.set(`| ${result.player} | ${result.scenario} | ${figure.kpi} | ${why} |`, why);
    }
  }
  if (!seen.size) return '';
  const head = '| player | scenario | figure | why |\n|---|---|---|---|';
  return `## What a player makes impossible\n\n${head}\n${[...seen.keys()].join('\n')}\n`;
}

/** The cross-check: one playback, two reporters. */
function twice(results: readonly Result[]): string {
  const rows = results.flatMap(({ player, scenario, figures, twin = [] }) =>
    twin
      .filter(({ kpi }) => SHOWN.includes(kpi))
      .map(({ kpi, truth, measured }) => {
        const native = figures.find((figure) => figure.kpi === kpi)?.measured ?? null;
        return `| ${player} | ${scenario} | ${kpi} | ${[truth, native, measured].map(show).join(' | ')} |`;
      }),
  );
  if (!rows.length) return '';
  const about =
    'Each of these views was reported by the adapter of its player and, by a second SDK on the same page, from the element ' +
    'alone. An element knows no renditions.';
  const head = '| player | scenario | figure | truth | adapter | element |\n|---|---|---|---|---|---|';
  return `## The same playback, reported twice\n\n${about}\n\n${head}\n${rows.join('\n')}\n`;
}

function section(scenario: Scenario, results: readonly Result[]): string {
  const mine = results.filter((result) => result.scenario === scenario.name);
  const rows = PLAYERS.flatMap((player) => {
    const reason = scenario.without?.[player];
    if (reason) return [`| ${player} | ${reason} |${' |'.repeat(SHOWN.length - 1)}`];
    return mine.filter((result) => result.player === player).flatMap((result) => views(result));
  });
  const head = `| player | ${SHOWN.map((kpi) => kpi.replace('_seconds', '')).join(' | ')} |`;
  const rule = `|---|${'---|'.repeat(SHOWN.length)}`;
  return `### ${scenario.name}\n\n${scenario.about}\n\n${[head, rule, ...rows].join('\n')}\n`;
}

/** A row for each session of a run. */
function views({ player, figures, problem }: Result): string[] {
  if (problem) return [`| ${player} | broken: ${problem} |${' |'.repeat(SHOWN.length - 1)}`];
  const sessions = figures.filter(({ kpi }) => kpi === 'startup_seconds').length;
  const of = (kpi: Kpi, session: number) => figures.filter((figure) => figure.kpi === kpi)[session];
  return Array.from({ length: sessions }, (_, session) => {
    const cells = SHOWN.map((kpi) => cell(of(kpi, session)));
    return `| ${player}${sessions > 1 ? ` (${session + 1})` : ''} | ${cells.join(' | ')} |`;
  });
}

function show(value: Figure['truth']): string {
  if (value === null) return '–';
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(3) : String(value);
}

function cell(figure: Figure | undefined): string {
  if (!figure) return '';
  const show = (value: Figure['truth']) =>
    value === null
      ? '–'
      : typeof value === 'number' && !Number.isInteger(value)
        ? value.toFixed(3)
        : String(value);
  const { truth, measured } = figure;
  if (truth === measured) return show(truth);
  const text = `${show(truth)} / ${show(measured)}`;
  return isWithin(figure) ? text : `**${text}** (${tell(errorOf(figure))})`;
}
