// What the difference between two cohorts says, in words: better, worse, or nothing that can be told.

import type { Comparison, KpiAbout } from '../../api/generated.ts';
import { formatFigure, type Unit } from '../../figures/formatFigure.ts';

type Better = KpiAbout['better'];

export type Verdict = 'better' | 'worse' | 'different' | 'undecided' | 'too_little';

export function judgeComparison({ difference, is_significant }: Comparison, better: Better): Verdict {
  if (difference === null) return 'too_little';
  if (!is_significant || difference === 0) return 'undecided';
  if (better === 'neither') return 'different';
  return difference > 0 === (better === 'higher') ? 'better' : 'worse';
}

/** `B is worse: higher by 1.2 to 2.3 pp`. Never says "equal": what cannot be told apart may still differ. */
export function describeVerdict(comparison: Comparison, better: Better, unit: Unit): string {
  const verdict = judgeComparison(comparison, better);
  const { low, high } = comparison;
  if (verdict === 'too_little' || low === null || high === null) return 'Too little data in one of them';
  if (comparison.a.value === 0 && comparison.b.value === 0) return 'None in either';
  if (verdict === 'undecided') {
    return `No difference can be told: ${formatSigned(low, unit)} to ${formatSigned(high, unit)}`;
  }
  const [least, most] = [Math.min(Math.abs(low), Math.abs(high)), Math.max(Math.abs(low), Math.abs(high))];
  const direction = (comparison.difference ?? 0) > 0 ? 'higher' : 'lower';
  return `B is ${verdict}: ${direction} by ${formatDifference(least, unit)} to ${formatDifference(most, unit)}`;
}

/** Differences of ratios are percentage points: `2 %` of a difference could mean either. */
export function formatDifference(value: number, unit: Unit): string {
  return unit === 'ratio' ? formatFigure(value, 'ratio').replace('%', 'pp') : formatFigure(value, unit);
}

/** With its sign; of what is too small to be written, with both. */
export function formatSigned(value: number, unit: Unit): string {
  const text = formatDifference(Math.abs(value), unit);
  if (text.startsWith('<')) return `±${text}`;
  return `${value > 0 ? '+' : value < 0 ? '−' : ''}${text}`;
}
