// How much a KPI changed, in a word: the badge of a tile, the factor of a row.
import type { Change, KpiAbout } from '../../api/generated.ts';
import { formatRound } from '../../figures/formatFigure.ts';

/** Above this a change is unusual (`score`, in units of what is usual). */
const UNUSUAL = 3;

/** Whether it got so much worse that somebody should look. */
export function isWorse(change: Change): boolean {
  return change.is_enough && change.score > UNUSUAL;
}

/** `▲ 8×`: how many times what it was before; `▲ from 0` where it was nothing. */
export function describeFactor({ now, before }: Pick<Change, 'now' | 'before'>): string {
  if (now === null || before === null) return '';
  const arrow = now >= before ? '▲' : '▼';
  if (before === 0) return now === 0 ? '' : `${arrow} from 0`;
  const factor = now / before;
  return `${arrow} ${factor < 0.01 ? '<0.01×' : formatRound(Number(factor.toPrecision(2)), 'times')}`;
}

/** KPIs by id, in the order they are told. */
export function indexKpis(kpis: readonly KpiAbout[]): Map<string, KpiAbout> {
  return new Map(kpis.map((kpi) => [kpi.id, kpi]));
}
