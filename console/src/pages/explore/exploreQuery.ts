// What Explore is asked, as it stands in the URL.

import type { About, KpiAbout } from '../../api/generated.ts';
import { filterable } from '../../filters/filterable.ts';
import type { Parameters } from '../../route/address.ts';

export interface ExploreQuery {
  kpi: KpiAbout;
  by: string;
  filters: string[];
  mode: 'break-down' | 'compare';
  /** Filters of the two cohorts, beside `filters` that hold for both. */
  a: string[];
  b: string[];
}

const FIRST_KPI = 'rebuffer_ratio';
const FIRST_ATTRIBUTE = 'cdn';

/** What the URL asks; what it names wrongly or not at all is what most readers want to see first. */
export function readExploreQuery(query: URLSearchParams, about: About): ExploreQuery | undefined {
  const find = (id: string | null) => about.kpis.find((kpi) => kpi.id === id);
  const kpi = find(query.get('kpi')) ?? find(FIRST_KPI) ?? about.kpis[0];
  const attributes = filterable(about);
  const asked = query.get('by') ?? '';
  const by = [asked, FIRST_ATTRIBUTE].find((name) => attributes.includes(name)) ?? attributes[0];
  if (!kpi || !by) return undefined;
  const mode = query.get('mode') === 'compare' ? 'compare' : 'break-down';
  return { kpi, by, filters: query.getAll('filter'), mode, a: query.getAll('a'), b: query.getAll('b') };
}

/** A question as parameters of a link to Explore. */
export function writeExploreQuery({ kpi, by, filters, mode, a, b }: ExploreQuery): Parameters {
  const isCompare = mode === 'compare';
  return {
    kpi: kpi.id,
    by,
    filter: filters,
    mode: isCompare ? mode : undefined,
    a: isCompare ? a : [],
    b: isCompare ? b : [],
  };
}
