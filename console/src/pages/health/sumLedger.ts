// The books: what came in against what became of it.
import type { Ledger } from '../../api/generated.ts';

export interface Balance {
  /** A protocol, or `all`. */
  protocol: string;
  received: number;
  counted: number;
  duplicate: number;
  joined: number;
  forwarded: number;
  rejected: number;
  shed: number;
}

/** One line of the books, reasons added up. */
export function sumReasons({ rejected, shed, ...rest }: Ledger): Balance {
  return { ...rest, rejected: sum(Object.values(rejected)), shed: sum(Object.values(shed)) };
}

/** All protocols together. */
export function sumLedger(lines: readonly Balance[]): Balance {
  const total = (pick: (line: Balance) => number) => sum(lines.map(pick));
  return {
    protocol: 'all',
    received: total(({ received }) => received),
    counted: total(({ counted }) => counted),
    duplicate: total(({ duplicate }) => duplicate),
    joined: total(({ joined }) => joined),
    forwarded: total(({ forwarded }) => forwarded),
    rejected: total(({ rejected }) => rejected),
    shed: total(({ shed }) => shed),
  };
}

/** Why events were refused, over all protocols, most first. */
export function listReasons(ledger: readonly Ledger[], outcome: 'rejected' | 'shed'): [string, number][] {
  const reasons = new Map<string, number>();
  for (const line of ledger)
    for (const [reason, events] of Object.entries(line[outcome]))
      reasons.set(reason, (reasons.get(reason) ?? 0) + events);
  return [...reasons].sort(([, a], [, b]) => b - a);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
