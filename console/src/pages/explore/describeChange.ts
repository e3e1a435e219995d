// What got worse, and where, as a sentence.

import type { Change, Contributor } from '../../api/generated.ts';
import { formatFigure, type Unit } from '../../figures/formatFigure.ts';

/** Values the history does not tell apart; no session has it. */
export const OTHER = '__other__';

/** What values are called that are none. */
const NAMES: Record<string, string> = { '': '(not reported)', [OTHER]: '(other values)' };

/** `0.4 % → 3.1 %`; a side without a value says so. */
export function describeMove({ before, now }: Pick<Change, 'before' | 'now'>, unit: Unit): string {
  const side = (value: number | null) => (value === null ? 'nothing' : formatFigure(value, unit));
  return `${side(before)} → ${side(now)}`;
}

/** What the first contributor stands for. A share beyond the whole means that others got better meanwhile. */
export function describeShare({ share, attribute, value }: Contributor): string {
  const named = `${attribute}=${NAMES[value] ?? value}`;
  if (share > 1.005) return `all of it, and more, is ${named}: elsewhere it got better`;
  if (share > 0.995) return `all of it is ${named}`;
  return `${Math.round(share * 100)} % of it is ${named}`;
}
