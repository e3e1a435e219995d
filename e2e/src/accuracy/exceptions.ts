// What a player makes impossible, and why: the only figures that may be off. Each is shown as off, with its reason, in
// docs/accuracy.md.

import type { Figure, Kpi } from './compare.ts';
import type { Player } from './scenario.ts';

interface Exception {
  player?: Player;
  scenarios: readonly string[];
  kpis: readonly Kpi[];
  why: string;
}

/** Of what the SDK says, against the picture. */
const EXCEPTIONS: readonly Exception[] = [];

const LEFT =
  'nobody tells that a page was closed: what came after the last record, up to an interval, is not known';

/** Of what players say by themselves, against what the SDK says. */
const OWN: readonly Exception[] = [
  {
    scenarios: ['exit before start', 'page closed during a stall'],
    kpis: ['watch_seconds', 'stalled_seconds', 'playing_seconds'],
    why: LEFT,
  },
  {
    player: 'dashjs',
    scenarios: ['blocked autoplay', 'preload, play later'],
    kpis: ['watch_seconds'],
    why: 'dash.js 5.2 says that it starts (`s`) when it only preloads: until there is media to start with, it is believed',
  },
  {
    player: 'dashjs',
    scenarios: ['three stalls'],
    kpis: ['stalled_seconds', 'playing_seconds'],
    why: 'of a wait that dash.js does not tell only lengths of buffers are known, and those are rounded to 100 ms',
  },
  {
    player: 'dashjs',
    scenarios: ['three stalls', 'bitrate down and up'],
    kpis: ['switches'],
    why: 'dash.js replaces what it has fetched (`fastSwitch`), and does not say where',
  },
  {
    player: 'hlsjs',
    scenarios: ['segments 404'],
    kpis: ['view_end'],
    why: 'hls.js 1.7 asks whether an error is fatal before that is decided, and does not report those of segments',
  },
];

export function whyNot(
  { player, scenario, isOwn }: { player: Player; scenario: string; isOwn?: boolean },
  { kpi }: Figure,
): string | undefined {
  return (isOwn ? OWN : EXCEPTIONS).find(
    (one) => (one.player ?? player) === player && one.scenarios.includes(scenario) && one.kpis.includes(kpi),
  )?.why;
}
