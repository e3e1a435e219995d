// The timeline as a table: bands and marks in order. What a screen reader reads where others look at the picture.

import type { Timeline } from './timeline.ts';

export interface Moment {
  t: number;
  /** Ms; of marks nothing. */
  lasted?: number;
  what: string;
  detail: string;
}

export function listMoments({ bands, marks }: Timeline): Moment[] {
  const moments: Moment[] = [
    ...bands.map(({ phase, from, to }) => ({ t: from, lasted: to - from, what: phase, detail: '' })),
    ...marks.map(({ t, kind, text }) => ({ t, what: kind.replaceAll('_', ' '), detail: text })),
  ];
  return moments.sort((a, b) => a.t - b.t);
}
