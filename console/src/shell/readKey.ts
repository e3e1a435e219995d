// Keys one after the other: `g` waits for a second one.

export interface KeyStep {
  /** What was pressed and waits for more; empty when nothing does. */
  after: string;
  /** When, ms. */
  at: number;
}

const PATIENCE_MS = 1200;

/** Reads one key: what it completes (`?`, `g l`), and what is to be remembered for the next. */
export function readKey(
  step: KeyStep,
  key: string,
  at: number,
): { step: KeyStep; chord: string | undefined } {
  const isWaiting = step.after !== '' && at - step.at <= PATIENCE_MS;
  if (!isWaiting && key === 'g') return { step: { after: 'g', at }, chord: undefined };
  return { step: { after: '', at }, chord: isWaiting ? `${step.after} ${key}` : key };
}
