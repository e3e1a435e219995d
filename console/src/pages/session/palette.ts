// The colours of the timeline, read from the tokens: a canvas knows no custom properties.

import { readColors } from '../../theme/readColors.ts';
import type { Phase } from './timeline.ts';

export const PHASES: readonly Phase[] = [
  'idle',
  'startup',
  'playing',
  'stalled',
  'seeking',
  'paused',
  'ad',
  'ended',
];
export const KINDS = ['video', 'audio', 'text', 'init', 'manifest', 'other'] as const;

/** Tokens of the kinds of downloads, in the order of `KINDS`. */
export const KIND_TOKENS = ['--line-1', '--line-3', '--line-5', '--line-4', '--line-6', '--line-6'] as const;

export interface Palette {
  phases: Record<Phase, string>;
  kinds: Record<string, string>;
  surface: string;
  sunken: string;
  text: string;
  muted: string;
  rule: string;
  accent: string;
  bad: string;
  badSoft: string;
  line: string;
}

const TOKENS = {
  surface: '--surface',
  sunken: '--sunken',
  text: '--text',
  muted: '--muted',
  rule: '--rule',
  accent: '--accent',
  bad: '--bad',
  badSoft: '--bad-soft',
  line: '--line-1',
} as const;

const read = new Map<string, Palette>();

/** The colours of a shade, which is the one on the screen; they are read once. */
export function readPalette(shade: string): Palette {
  const known = read.get(shade);
  if (known) return known;
  const tokens = [...PHASES.map((phase) => `--phase-${phase}`), ...KIND_TOKENS, ...Object.values(TOKENS)];
  const colors = readColors(tokens);
  const take = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, colors.shift() ?? '']));
  const phases = take(PHASES);
  const kinds = take(KINDS);
  const palette = { phases, kinds, ...take(Object.keys(TOKENS)) } as unknown as Palette;
  read.set(shade, palette);
  return palette;
}
