// What got worse, and where, as a sentence.

import type { Change, Contributor } from '../../api/generated.ts';
import { formatFigure, type Unit } from '../../figures/formatFigure.ts';

/** `0.4 % → 3.1 %`; a side without a value says so. */
export function describeMove({ before, now }: Pick<Change, 'before' | 'now'>, unit: Unit): string {
  const side = (value: number | null) => (value === null ? 'nothing' : formatFigure(value, unit));
  return `${side(before)} → ${side(now)}`;
}

/** What the first contributor stands for. A share beyond the whole means that others got better meanwhile. */
export function describeShare({ share, attribute, value }: Contributor): string {
  const named = `${attribute}=${value === '' ? '(not reported)' : value}`;
  if (share > 1.005) return `all of it, and more, is ${named}: elsewhere it got better`;
  if (share > 0.995) return `all of it is ${named}`;
  return `${Math.round(share * 100)} % of it is ${named}`;
}

/** `Rebuffering ratio 0.4 % → 3.1 %: 92 % of it is cdn=edge-b`. */
export function describeChange(change: Change, title: string, unit: Unit): string {
  const move = `${title} ${describeMove(change, unit)}`;
  if (!change.is_enough) return `${move}: too little traffic to draw conclusions from`;
  const [first] = change.contributors;
  return first && first.share > 0 ? `${move}: ${describeShare(first)}` : `${move}: nowhere in particular`;
}
