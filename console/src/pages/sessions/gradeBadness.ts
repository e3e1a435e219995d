// Three grades of badness, so that colour has a word beside it.

export type Grade = 'good' | 'poor' | 'bad';

/** `badness` is 0 for a flawless session and 100 for one that failed. */
export function gradeBadness(badness: number): Grade {
  if (badness >= 60) return 'bad';
  return badness >= 20 ? 'poor' : 'good';
}
