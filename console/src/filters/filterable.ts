// The attributes sessions can be filtered and broken down by: those that are no secret of one session.

import type { About } from '../api/generated.ts';

export function filterable({ attributes }: Pick<About, 'attributes'>): string[] {
  return attributes.filter((attribute) => attribute.class !== 'trace_only').map(({ name }) => name);
}
