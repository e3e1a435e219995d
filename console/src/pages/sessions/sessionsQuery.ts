// What the list of sessions is asked for, as it stands in the URL.

export const SORTS = ['newest', 'badness', 'startup', 'rebuffering', 'errors'] as const;
export const STATES = ['all', 'live', 'ended'] as const;
export type Sort = (typeof SORTS)[number];
export type SessionState = (typeof STATES)[number];

export interface SessionsQuery {
  sort: Sort;
  state: SessionState;
  filters: string[];
  /** The beginning of an id. */
  q: string;
  /** `next` of the page before. */
  after: string | undefined;
}

/** What is named wrongly is as if it had not been named. */
export function readSessionsQuery(query: URLSearchParams): SessionsQuery {
  const find = <T extends string>(known: readonly T[], name: string, fallback: T) =>
    known.find((one) => one === query.get(name)) ?? fallback;
  return {
    sort: find(SORTS, 'sort', 'newest'),
    state: find(STATES, 'state', 'all'),
    filters: query.getAll('filter'),
    q: query.get('q') ?? '',
    after: query.get('after') ?? undefined,
  };
}
