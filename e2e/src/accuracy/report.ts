// What a person at the terminal sees: each figure with its error while the runs go on, then what it comes to.

import { errorOf, type Figure, isWithin, type Kpi, TOLERANCE } from './compare.ts';
import { whyNot } from './exceptions.ts';
import type { Result } from './run.ts';

/** Of fewer views a twentieth says nothing. */
const ENOUGH = 100;
const colour = process.stdout.isTTY;
const paint = (code: number, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);

export function print(result: Result, progress: string): void {
  const { player, scenario, figures, problem } = result;
  const bad = figures.filter((figure) => !isWithin(figure));
  const word = problem ? paint(31, 'BROKEN') : bad.length ? paint(31, 'OFF') : paint(32, 'ok');
  console.log(`${progress.padStart(8)}  ${player.padEnd(8)} ${scenario.padEnd(28)} ${word} ${problem ?? ''}`);
  for (const figure of bad) console.log(`${' '.repeat(20)}${line(figure)}${excuse(result, figure)}`);
}

function excuse(result: Result, figure: Figure): string {
  const why = whyNot(result, figure);
  return why ? `  (${why})` : '';
}

function line(figure: Figure): string {
  const { kpi, truth, measured } = figure;
  return `${kpi.padEnd(18)} truth ${String(truth).padStart(8)}  measured ${String(measured).padStart(8)}  error ${tell(errorOf(figure))}`;
}

export function tell(error: number): string {
  return Number.isNaN(error) ? 'differs' : `${error >= 0 ? '+' : '−'}${Math.abs(error).toFixed(3)}`;
}

export interface Summary {
  kpi: Kpi;
  count: number;
  median: number;
  p95: number;
  max: number;
  off: number;
}

/** The sizes of the errors of each figure, over all results in which there is something to be wrong about. */
export function summarise(results: readonly Result[]): Summary[] {
  const by = new Map<Kpi, Figure[]>();
  for (const figure of results.flatMap(({ figures }) => figures)) {
    // Views without a stall would make the errors of stalls look small.
    if (/_seconds$/.test(figure.kpi) && !figure.truth && !figure.measured) continue;
    by.set(figure.kpi, [...(by.get(figure.kpi) ?? []), figure]);
  }
  return [...by].map(([kpi, figures]) => {
    const errors = figures.map((figure) => Math.abs(errorOf(figure))).filter((error) => !Number.isNaN(error));
    errors.sort((a, b) => a - b);
    const at = (share: number) =>
      errors[Math.min(errors.length - 1, Math.ceil(share * errors.length) - 1)] ?? 0;
    const off = figures.filter((figure) => !isWithin(figure)).length;
    return { kpi, count: figures.length, median: at(0.5), p95: at(0.95), max: at(1), off };
  });
}

/** Whether everything about it is as true as it has to be, or off for a reason that is known. */
export function isTrue(result: Result): boolean {
  return !result.problem && result.figures.every((figure) => isWithin(figure) || whyNot(result, figure));
}

/** Prints the summary; whether everything is as true as it has to be. */
export function verdict(results: readonly Result[]): boolean {
  console.log('\nsize of the errors (seconds, or counts)');
  console.log(
    `${'figure'.padEnd(20)}${['runs', 'median', 'p95', 'max', 'off'].map((text) => text.padStart(9)).join('')}`,
  );
  for (const { kpi, count, median, p95, max, off } of summarise(results)) {
    const numbers = [count, median.toFixed(3), p95.toFixed(3), max.toFixed(3), off];
    console.log(`${kpi.padEnd(20)}${numbers.map((value) => String(value).padStart(9)).join('')}`);
  }
  const wide = summarise(results).filter(
    ({ kpi, p95 }) => results.length >= ENOUGH && p95 > (TOLERANCE[kpi].p95 ?? Number.POSITIVE_INFINITY),
  );
  for (const { kpi, p95 } of wide)
    console.log(`${kpi}: p95 ${p95.toFixed(3)}, more than ${TOLERANCE[kpi].p95}`);
  const broken = results.filter(({ problem }) => problem).length;
  const off = results.flatMap((result) =>
    result.figures.filter((figure) => !isWithin(figure)).map((figure) => whyNot(result, figure)),
  );
  const excused = off.filter((why) => why).length;
  console.log(
    `${results.length} runs, ${broken} broken, ${off.length - excused} figures off, ${excused} off for a reason that is known`,
  );
  return broken + off.length + wide.length === excused;
}
