// Which objectives are on the screen, and in which order.
import type { Slo } from '../../api/generated.ts';
import { judgeGroup, judgeSlo, needsAttention, rankOf } from './judgeGroup.ts';

export interface Selection {
  /** Words that have to be in the name, the title or a label; all of them. */
  search: string;
  /** Only what needs attention. */
  isUrgent: boolean;
}

/** The objectives that match, worst first, each with the groups that do, worst first. */
export function selectSlos(slos: readonly Slo[], { search, isUrgent }: Selection): Slo[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  return slos
    .map((slo) => {
      const groups = slo.groups.filter((group) => {
        const text = [slo.name, slo.title, ...Object.entries(group.labels).flat()].join(' ');
        return matches(text) && (!isUrgent || needsAttention(judgeGroup(group)));
      });
      return { ...slo, groups: groups.sort((a, b) => rankOf(judgeGroup(a)) - rankOf(judgeGroup(b))) };
    })
    .filter(({ name, title, groups }) => groups.length > 0 || (!isUrgent && matches(`${name} ${title}`)))
    .sort((a, b) => rankOfSlo(a) - rankOfSlo(b));
}

function rankOfSlo(slo: Slo): number {
  const judgement = judgeSlo(slo);
  return judgement ? rankOf(judgement) : Number.POSITIVE_INFINITY;
}

/** The KPI an objective is about, by its name: `rebuffer-ratio` is about `rebuffer_ratio`, `startup-time` about `startup_p95`. */
export function findKpi(name: string, kpis: readonly { id: string; title: string }[]): string | undefined {
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, ' ')
      .trim();
  const wanted = plain(name);
  return kpis.findLast(({ id, title }) => plain(id).startsWith(wanted) || plain(title).startsWith(wanted))
    ?.id;
}
