// Truth beside measurement, figure by figure, and what error each figure may have (issue: "The numbers are true").

import type { Row, SentEvent } from './measured.ts';
import type { Truth } from './truth.ts';

export type Kpi =
  | 'startup_seconds'
  | 'stall_count'
  | 'stalled_seconds'
  | 'watch_seconds'
  | 'playing_seconds'
  | 'seeking_seconds'
  | 'paused_seconds'
  | 'seek_count'
  | 'switches'
  | 'exit_before_start'
  | 'view_end'
  | 'latency_seconds';

export type Value = number | string | null;

export interface Figure {
  kpi: Kpi;
  truth: Value;
  measured: Value;
}

/** What a figure may be off by: absolutely, and as a share of the truth; the larger of both. */
interface Tolerance {
  absolute: number;
  share?: number;
  /** What all but one in twenty may be off by. */
  p95?: number;
}

export const TOLERANCE: Record<Kpi, Tolerance> = {
  startup_seconds: { absolute: 0.15, p95: 0.05 },
  stall_count: { absolute: 0 },
  stalled_seconds: { absolute: 0.15, p95: 0.05 },
  // A view of a few seconds is one or two frames off at most.
  watch_seconds: { absolute: 0.06, share: 0.01 },
  playing_seconds: { absolute: 0.06, share: 0.01 },
  seeking_seconds: { absolute: 0.15 },
  paused_seconds: { absolute: 0.15 },
  seek_count: { absolute: 0 },
  switches: { absolute: 0 },
  exit_before_start: { absolute: 0 },
  view_end: { absolute: 0 },
  // Read off a bar that moves a pixel in a tenth of a second.
  latency_seconds: { absolute: 0.5 },
};

const seconds = (ms: number) => Math.round(ms) / 1_000;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

export function compare(truth: Truth, row: Row, ends: string): Figure[] {
  const stalled = sum(truth.stalls);
  const watched = truth.startupWait + truth.playing + stalled + truth.seeking;
  const startup = truth.startup === undefined ? null : seconds(truth.startup);
  const rowWatched = row.startup_wait_ms + row.playing_ms + row.stalled_ms + row.seeking_ms;
  return [
    {
      kpi: 'startup_seconds',
      truth: startup,
      measured: row.startup_ms == null ? null : seconds(row.startup_ms),
    },
    { kpi: 'stall_count', truth: truth.stalls.length, measured: row.rebuffers },
    { kpi: 'stalled_seconds', truth: seconds(stalled), measured: seconds(row.stalled_ms) },
    { kpi: 'watch_seconds', truth: seconds(watched), measured: seconds(rowWatched) },
    { kpi: 'playing_seconds', truth: seconds(truth.playing), measured: seconds(row.playing_ms) },
    { kpi: 'seeking_seconds', truth: seconds(truth.seeking), measured: seconds(row.seeking_ms) },
    { kpi: 'paused_seconds', truth: seconds(truth.paused), measured: seconds(row.paused_ms) },
    { kpi: 'seek_count', truth: truth.seeks, measured: row.seeks },
    { kpi: 'switches', truth: truth.switches, measured: row.switches_up + row.switches_down },
    { kpi: 'exit_before_start', truth: Number(truth.exitBeforeStart), measured: row.exit_before_start },
    { kpi: 'view_end', truth: truth.end === 'failed' ? 'error' : ends, measured: row.view_end },
  ];
}

/** What another reporter says of a view, against the row of the first. Nobody tells how a CMCD session was left. */
export function compareRows(known: Row, told: Row): Figure[] {
  const stops = ['stopped', 'page_hide', 'timeout'];
  const end = ({ view_end: end }: Row) => (stops.includes(end) ? 'left' : end);
  const ms: [Kpi, (row: Row) => number][] = [
    ['stalled_seconds', (row) => row.stalled_ms],
    ['watch_seconds', (row) => row.startup_wait_ms + row.playing_ms + row.stalled_ms + row.seeking_ms],
    ['playing_seconds', (row) => row.playing_ms],
    ['seeking_seconds', (row) => row.seeking_ms],
  ];
  const counts: [Kpi, (row: Row) => Value][] = [
    ['startup_seconds', ({ startup_ms: ms }) => (ms == null ? null : seconds(ms))],
    ['stall_count', (row) => row.rebuffers],
    ['seek_count', (row) => row.seeks],
    ['switches', (row) => row.switches_up + row.switches_down],
    ['exit_before_start', (row) => row.exit_before_start],
    ['view_end', end],
  ];
  const of = (kpi: Kpi, read: (row: Row) => Value) => ({ kpi, truth: read(known), measured: read(told) });
  return [
    ...counts.map(([kpi, read]) => of(kpi, read)),
    ...ms.map(([kpi, read]) => of(kpi, (row) => seconds(read(row)))),
  ];
}

/** The delay the last heartbeat before `at` told, against the one read off the picture. */
export function compareLatency(truth: number, events: readonly SentEvent[]): Figure {
  const told = events.flatMap(({ kind }) => {
    const beat = typeof kind === 'object' ? kind.heartbeat : undefined;
    return typeof beat?.latency_ms === 'number' ? [beat.latency_ms] : [];
  });
  const last = told.at(-1);
  return {
    kpi: 'latency_seconds',
    truth: seconds(truth * 1_000),
    measured: last === undefined ? null : seconds(last),
  };
}

/** The error, in the figure's own unit; NaN where one side knows nothing or they are different words. */
export function errorOf({ truth, measured }: Figure): number {
  if (typeof truth === 'number' && typeof measured === 'number') return measured - truth;
  return truth === measured ? 0 : Number.NaN;
}

export function isWithin(figure: Figure): boolean {
  const { absolute, share = 0 } = TOLERANCE[figure.kpi];
  const allowed = Math.max(absolute, share * Math.abs(Number(figure.truth) || 0));
  // Half a millisecond for what was rounded.
  return Math.abs(errorOf(figure)) <= allowed + 0.0005;
}
