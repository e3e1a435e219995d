// Everything one run measured, and whether it is what the SDK promises.

import type { Difference } from './difference.ts';
import type { Heap } from './heap.ts';
import type { LongTask, MainThread, Share } from './main-thread.ts';
import type { Hour } from './wire.ts';

export interface Cost {
  machine: { cpu: string; cores: number; chromium: string; node: string; date: string };
  /** Load average of the last minute before each part. */
  load: Record<'playback' | 'difference' | 'heap' | 'wire', number>;
  mainThread: MainThread;
  difference: Difference;
  heap: { without: Heap; with: Heap; away: Heap; awayWithout: Heap };
  wire: Hour[];
}

export interface Check {
  promise: string;
  measured: string;
  kept: boolean;
}

const SHARE_PERCENT = 0.2;
/** https://w3c.github.io/longtasks/ */
const LONG_TASK_MS = 50;
/** What V8's own bookkeeping moves between two collections of an idle page; as much an hour would be 60 KB. */
const FLAT_BYTES = 1_024;
const WIRE_BYTES = 60_000;

export function check({ mainThread: { startup, steady, longTasks }, heap, wire }: Cost): Check[] {
  const grown = heap.with.growth - heap.without.growth;
  const away = heap.away.growth - heap.awayWithout.growth;
  const made = longTasks.filter(isMadeLong);
  return [
    verdict(
      `main thread, steady playback: below ${SHARE_PERCENT} % of one core`,
      percent(steady),
      SHARE_PERCENT,
      '%',
    ),
    verdict(
      `longest run: below ${LONG_TASK_MS} ms`,
      Math.max(startup.longest, steady.longest),
      LONG_TASK_MS,
      'ms',
    ),
    {
      promise: 'no long task of its making',
      measured: `${made.length} of ${longTasks.length}`,
      kept: made.length === 0,
    },
    verdict(`heap: within ${FLAT_BYTES} bytes a minute of a page without it`, grown, FLAT_BYTES, 'bytes/min'),
    verdict(`heap, gateway away: the same once the queue is full`, away, FLAT_BYTES, 'bytes/min'),
    ...wire.map(({ segmentSeconds, body }) =>
      verdict(
        `wire, segments of ${segmentSeconds} s: below ${WIRE_BYTES / 1e3} KB an hour`,
        body / 1e3,
        WIRE_BYTES / 1e3,
        'KB',
      ),
    ),
  ];
}

/** Percent of one core. */
export function percent({ sdk, seconds }: Share): number {
  return sdk / 10 / seconds;
}

/** Without the SDK's part it would not have been long. */
export function isMadeLong({ duration, sdk }: LongTask): boolean {
  return sdk > 0 && duration - sdk < LONG_TASK_MS;
}

function verdict(promise: string, value: number, below: number, unit: string): Check {
  return { promise, measured: `${round(value)} ${unit}`, kept: value < below };
}

/** Three digits that mean something, and no more than the unit. */
export function round(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 3;
  return value.toFixed(digits).replace('-', '−');
}
