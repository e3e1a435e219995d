// How a group of an objective stands, in one word.
import type { Slo, SloGroup } from '../../api/generated.ts';

export type Verdict = 'firing' | 'pending' | 'spent' | 'met' | 'silent';

export interface Judgement {
  verdict: Verdict;
  title: string;
  /** Tells the verdicts apart without colour. */
  sign: string;
  kind: 'bad' | 'warn' | 'good' | 'none';
}

/** Worst first. */
const JUDGEMENTS: Judgement[] = [
  { verdict: 'firing', title: 'Firing', sign: '▲', kind: 'bad' },
  { verdict: 'spent', title: 'Budget spent', sign: '✕', kind: 'bad' },
  { verdict: 'pending', title: 'Pending', sign: '◔', kind: 'warn' },
  { verdict: 'met', title: 'Met', sign: '✓', kind: 'good' },
  { verdict: 'silent', title: 'Too little traffic', sign: '∅', kind: 'none' },
];

/** Alerts come before the budget: a budget that lasts a month says little about the last hour. */
export function judgeGroup({ alerts, budget_left: left }: SloGroup): Judgement {
  const is = (verdict: Verdict) => JUDGEMENTS.find((judgement) => judgement.verdict === verdict) as Judgement;
  if (alerts.some(({ state }) => state === 'firing')) return is('firing');
  if (left !== null && left <= 0) return is('spent');
  if (alerts.some(({ state }) => state === 'pending')) return is('pending');
  return is(left === null ? 'silent' : 'met');
}

/** 0 is the worst. */
export function rankOf({ verdict }: Judgement): number {
  return JUDGEMENTS.findIndex((judgement) => judgement.verdict === verdict);
}

/** How an objective stands: as its worst group does. `undefined` without groups. */
export function judgeSlo({ groups }: Slo): Judgement | undefined {
  return groups.map(judgeGroup).sort((a, b) => rankOf(a) - rankOf(b))[0];
}

export function needsAttention(judgement: Judgement | undefined): boolean {
  return judgement?.kind === 'bad' || judgement?.kind === 'warn';
}
