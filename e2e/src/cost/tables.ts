// The results as tables, the same for the terminal and the docs: a row is cells of text.

import { type Cost, isMadeLong, percent, round } from './result.ts';

export interface Table {
  title: string;
  head: string[];
  rows: string[][];
}

export function tables(cost: Cost): Table[] {
  return [mainThread(cost), difference(cost), heap(cost), wire(cost)];
}

function mainThread({ mainThread: { startup, steady, longTasks } }: Cost): Table {
  const touched = longTasks.filter(({ sdk }) => sdk > 0);
  const most = touched.reduce((most, { sdk }) => Math.max(most, sdk), 0);
  return {
    title: 'Main thread, by the profiler',
    head: ['', 'seconds', 'a sample each, µs', 'SDK, ms', '% of one core', 'longest run, ms'],
    rows: [
      ...Object.entries({ startup, steady }).map(([name, share]) => [
        name,
        round(share.seconds),
        round(share.interval),
        round(share.sdk),
        round(percent(share)),
        round(share.longest),
      ]),
      [
        'long tasks',
        `${longTasks.length} in all`,
        '',
        `at most ${round(most)} of one`,
        `SDK in ${touched.length}`,
        `made long by it: ${longTasks.filter(isMadeLong).length}`,
      ],
    ],
  };
}

function difference({ difference: { task, script, without } }: Cost): Table {
  const row = (name: string, { median, lowest, highest }: typeof task, page: number) => [
    name,
    round(median),
    `${round(lowest)} .. ${round(highest)}`,
    round(page),
  ];
  return {
    title: 'Main thread, with the SDK minus without, % of one core',
    head: ['', 'median', 'lowest .. highest', 'page without SDK'],
    rows: [row('all tasks', task, without.task), row('scripts', script, without.script)],
  };
}

function heap({ heap }: Cost): Table {
  const cases = {
    'without SDK': heap.without,
    'with SDK': heap.with,
    'without SDK, as long and as busy as the next': heap.awayWithout,
    'with SDK, gateway away': heap.away,
  };
  return {
    title: 'Heap in use after a collection, KB',
    head: ['', 'bytes/min', 'minute: KB'],
    rows: Object.entries(cases).map(([name, { growth, points }]) => [
      name,
      round(growth),
      points.map(([minute, bytes]) => `${minute}: ${round(bytes / 1e3)}`).join(', '),
    ]),
  };
}

function wire({ wire }: Cost): Table {
  return {
    title: 'Wire, a viewer and an hour',
    head: [
      'segments',
      'requests',
      'bodies, KB',
      'unpacked, KB',
      'HTTP/1.1 heads, KB',
      'bodies and heads, KB',
    ],
    rows: wire.map(({ segmentSeconds, requests, body, text, head }) => [
      `${segmentSeconds} s`,
      `${requests}`,
      ...[body, text, head, body + head].map((bytes) => round(bytes / 1e3)),
    ]),
  };
}
