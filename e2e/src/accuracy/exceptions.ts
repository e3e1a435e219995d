// What a player makes impossible, and why: the only figures that may be off. Each is shown as off, with its reason, in
// docs/accuracy.md.

import type { Figure, Kpi } from './compare.ts';
import type { Player } from './scenario.ts';

interface Exception {
  player: Player;
  scenario: string;
  kpis: readonly Kpi[];
  why: string;
}

const EXCEPTIONS: readonly Exception[] = [];

export function whyNot(
  { player, scenario }: { player: Player; scenario: string },
  { kpi }: Figure,
): string | undefined {
  return EXCEPTIONS.find(
    (one) => one.player === player && one.scenario === scenario && one.kpis.includes(kpi),
  )?.why;
}
