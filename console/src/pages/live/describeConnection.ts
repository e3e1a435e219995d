// How fresh what is on the screen is, in words.
import type { Connection } from '../../api/useStream.ts';
import { formatDuration } from '../../figures/formatFigure.ts';

/** Points come every second; a few lost ones are nothing to worry about. */
const FRESH_MS = 4000;

export interface Freshness {
  kind: 'good' | 'warn' | 'bad';
  /** Tells the kinds apart without colour. */
  sign: string;
  text: string;
}

/** `now` is epoch ms. */
export function describeConnection({ state, heardAt, retriesAt }: Connection, now: number): Freshness {
  const age = heardAt === undefined ? undefined : now - heardAt;
  const old = age === undefined ? '' : `, last heard ${formatDuration(age / 1000)} ago`;
  if (state === 'away') {
    const seconds = Math.max(0, Math.ceil(((retriesAt ?? now) - now) / 1000));
    return {
      kind: 'bad',
      sign: '✕',
      text: `Gateway away${old}, trying again ${seconds > 0 ? `in ${seconds} s` : 'now'}`,
    };
  }
  if (age === undefined) return { kind: 'warn', sign: '…', text: 'Connecting' };
  if (age > FRESH_MS) return { kind: 'warn', sign: '◔', text: `Stale${old}` };
  return { kind: 'good', sign: '●', text: 'Up to date' };
}
