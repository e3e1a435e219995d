// Which page a URL means, and back. All state of the console that is worth a link stands in its URL.

export const PAGES = ['live', 'explore', 'sessions', 'slos', 'health'] as const;
export type PageName = (typeof PAGES)[number];

export interface Address {
  /** `undefined`: no page of ours. */
  page: PageName | undefined;
  /** Of `/sessions/ID`. */
  sessionId: string | undefined;
  query: URLSearchParams;
}

/** What may stand in a query: lists are repeated, `undefined` and the empty text are left out. */
export type Parameters = Record<string, string | number | readonly string[] | undefined>;

/** Reads an address; `/` is the page Live. */
export function parseAddress(url: URL): Address {
  const [first = '', second, ...rest] = url.pathname.split('/').slice(1);
  const page = first === '' ? 'live' : PAGES.find((page) => page === first);
  const isSession = page === 'sessions' && second !== undefined && second !== '';
  const isKnown = second === undefined || second === '' || (isSession && rest.length === 0);
  return {
    page: isKnown ? page : undefined,
    sessionId: isSession && isKnown ? decode(second) : undefined,
    query: url.searchParams,
  };
}

/** Writes one: `/explore?kpi=rebuffer_ratio`. */
export function formatAddress(page: PageName, parameters: Parameters = {}, sessionId?: string): string {
  const path = sessionId === undefined ? `/${page}` : `/${page}/${encodeURIComponent(sessionId)}`;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    const values = Array.isArray(value) ? value : [value];
    for (const one of values) if (one !== undefined && one !== '') query.append(name, String(one));
  }
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
