// A filter as the API writes it: `attribute:value`, with `!` to exclude; an empty value means "does not report it".

export interface Filter {
  attribute: string;
  value: string;
  excluded: boolean;
}

/** Reads one; `undefined` where there is no attribute in it. */
export function parseFilter(text: string): Filter | undefined {
  const excluded = text.startsWith('!');
  const [attribute = '', ...value] = text.slice(excluded ? 1 : 0).split(':');
  return attribute === '' || value.length === 0 ? undefined : { attribute, value: value.join(':'), excluded };
}

export function formatFilter({ attribute, value, excluded }: Filter): string {
  return `${excluded ? '!' : ''}${attribute}:${value}`;
}

/** As a person reads it. */
export function describeFilter({ attribute, value, excluded }: Filter): string {
  if (value === '') return `${attribute} ${excluded ? 'reported' : 'not reported'}`;
  return `${attribute} ${excluded ? '≠' : '='} ${value}`;
}

/** Adds a filter once; its opposite goes. */
export function addFilter(filters: readonly string[], added: Filter): string[] {
  const opposite = formatFilter({ ...added, excluded: !added.excluded });
  const others = filters.filter((filter) => filter !== opposite && filter !== formatFilter(added));
  return [...others, formatFilter(added)];
}
